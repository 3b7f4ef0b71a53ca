// The card envelope (JWE, compact) as anybody can post it, and the JSON that stands inside one.

import FuzzSupport
import JOSE

/// A key of the fuzzer alone.
private let key = try? KeyAgreementKey(rawRepresentation: [UInt8](repeating: 0x21, count: 32))

private let content: [UInt8] = Array(
  #"{"tenantId":"ten_1","sessionId":"onb_1","format":"raw","signature":"AAAA","certificate":"MAA=","n":-1.5e3,"a":[true,null,"\u56db\ud83d\ude00"]}"#
    .utf8)

/// Writes the seeds.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  guard let key, let envelope = try? JSONWebEncryption.encrypt(content, to: key.publicJWK, header: ["typ": "card-envelope+jwe"]),
    let parties = try? JSONWebEncryption.encrypt([], to: key.publicJWK, header: ["apu": "QQ", "apv": "Qg"])
  else { return -1 }
  Seeds.write([Array(envelope.utf8), Array(parties.utf8), content, Array("....".utf8), Array("e30.AA.AAAAAAAAAAAAAAAA.AA.AA".utf8)])
  return 0
}

/// Reads one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = bytes(start, count)
  if let value = try? JSONValue(parsing: input) {
    // What was read can be written, and reads back as the same.
    let again = (try? value.serialized()).flatMap { try? JSONValue(parsing: $0) }
    precondition(again == value)
  }
  let text = String(decoding: input, as: UTF8.self)
  _ = try? JSONWebEncryption.keyID(of: text)
  guard let key, let opened = try? JSONWebEncryption.decrypt(text, with: [key]) else { return 0 }
  // Only what was sealed to this key opens.
  precondition(opened.plaintext.count < count)
  return 0
}
