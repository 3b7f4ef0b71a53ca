// OCSP answers behind the signature check: the answer, its responder's certificates and their extensions.

import FuzzSupport

@testable import JPKI

/// Writes the seeds.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  let hash = Write.octets([UInt8](repeating: 7, count: 20))
  let sha1 = Write.sequence([0x06, 5, 0x2B, 0x0E, 3, 2, 0x1A], Write.null)
  let nonce = Write.sequence(
    Write.sequence([0x06, 9, 0x2B, 6, 1, 5, 5, 7, 0x30, 1, 2], Write.octets(Write.octets([UInt8](repeating: 0x42, count: 32)))))
  let key = Write.sequence(Write.element(2, [0] + [UInt8](repeating: 0xD3, count: 256)), [2, 3, 1, 0, 1])
  let certificate = Write.sequence(
    Write.sequence(
      Write.element(0xA0, [2, 1, 2]), [2, 1, 77], Write.algorithm, Write.name,
      Write.sequence(Write.element(0x17, Array("260401000000Z".utf8)), Write.element(0x17, Array("270401000000Z".utf8))), Write.name,
      Write.sequence(Write.sequence([0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1], Write.null), Write.element(3, [0], key)),
      Write.element(
        0xA3,
        Write.sequence(
          Write.standardExtension(15, isCritical: true, [3, 2, 7, 0x80]),
          Write.standardExtension(37, Write.sequence([0x06, 8, 0x2B, 6, 1, 5, 5, 7, 3, 9])),
          Write.standardExtension(35, Write.sequence(Write.element(0x80, [UInt8](repeating: 7, count: 20))))))),
    Write.algorithm, Write.signature)
  func answer(_ status: [UInt8], _ responder: [UInt8], _ certificates: [UInt8]) -> [UInt8] {
    let single = Write.sequence(
      Write.sequence(sha1, hash, hash, [2, 4, 1, 0xA2, 0xB3, 0xC4]), status, Write.time("20260701030000Z"),
      Write.element(0xA0, Write.time("20260701031500Z")))
    let data = Write.sequence(responder, Write.time("20260701030000Z"), Write.sequence(single), Write.element(0xA1, nonce))
    let basic = Write.sequence(
      data, Write.algorithm, Write.signature, certificates.isEmpty ? [] : Write.element(0xA0, Write.sequence(certificates)))
    let typed = Write.sequence([0x06, 9, 0x2B, 6, 1, 5, 5, 7, 0x30, 1, 1], Write.octets(basic))
    return Write.sequence([10, 1, 0], Write.element(0xA0, typed))
  }
  Seeds.write([
    answer([0x80, 0], Write.element(0xA2, hash), certificate), answer([0x82, 0], Write.element(0xA1, Write.name), []),
    answer(Write.element(0xA1, Write.time("20260615000000Z"), Write.element(0xA0, [10, 1, 3])), Write.element(0xA2, hash), certificate),
    Write.sequence([10, 1, 3]), certificate,
  ])
  return 0
}

/// Reads one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = bytes(start, count)
  read(certificate: input)
  guard case .some(.some(let response)) = try? OCSPResponse(input) else { return 0 }
  precondition(response.tbs.upperBound <= count && response.signature.upperBound <= count)
  response.certificates.forEach(read(certificate:))
  return 0
}

private func read(certificate der: [UInt8]) {
  guard let fields = try? CertificateFields(der) else { return }
  precondition(fields.tbs.upperBound <= der.count && fields.publicKey.whole.upperBound <= der.count)
  _ = DecodedExtensions(fields.extensions)
  _ = try? DistinguishedName(fields.subject)
  _ = fields.key
}
