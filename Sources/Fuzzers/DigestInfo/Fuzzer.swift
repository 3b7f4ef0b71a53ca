// What comes out of a card's signature: padding, DigestInfo; and the messages (CMS) that signatures arrive in.

import FuzzSupport

@testable import JPKI

/// Writes the seeds.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  let info = Write.sequence(Write.digest, Write.octets([UInt8](repeating: 0x11, count: 32)))
  let padded = [0, 1] + [UInt8](repeating: 0xFF, count: 253 - info.count) + [0] + info
  let attribute = { (arc: UInt8, value: [UInt8]) in
    Write.sequence([0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, arc], Write.element(0x31, value))
  }
  let data: [UInt8] = [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1]
  let signer = Write.sequence(
    [2, 1, 1], Write.sequence(Write.name, [2, 1, 7]), Write.digest,
    Write.element(0xA0, attribute(3, data), attribute(4, Write.octets([UInt8](repeating: 0x11, count: 32)))), Write.algorithm,
    Write.octets([UInt8](repeating: 0x5A, count: 256)))
  let signed = Write.sequence(
    [2, 1, 1], Write.element(0x31, Write.digest), Write.sequence(data, Write.element(0xA0, Write.octets([1, 2, 3]))),
    Write.element(0x31, signer))
  let message = Write.sequence([0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2], Write.element(0xA0, signed))
  Seeds.write([info, padded, message, [UInt8](repeating: 0x22, count: 32), [UInt8](repeating: 0x5A, count: 255) + [0xBC]])
  return 0
}

/// Reads one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = bytes(start, count)
  let content: [UInt8] = [1, 2, 3]
  if let info = try? DigestInfo(input[...], content: content, digest: { $0.digest(of: content) }) {
    precondition(info.digest.count <= count)
  }
  if let payload = try? PKCS1.unpadded(input) { precondition(payload.endIndex == count && payload.count <= count - 11) }
  _ = try? SignedMessageFields(input)
  _ = try? SignedMessage(input, certificate: nil)
  return 0
}
