import JPKI

/// What can be wrong with a raw signature by the right card's key, and by others.
enum SignatureCases {
  private static func signature(_ name: String, _ reason: VerificationReason, _ make: @escaping @Sendable () -> [UInt8]) -> RefusalCase {
    RefusalCase(name, reason) { verify(World.raw(make())) }
  }

  /// What the card would sign over this payload in place of the right DigestInfo.
  private static func payload(_ name: String, _ reason: VerificationReason, _ make: @escaping @Sendable () -> [UInt8]) -> RefusalCase {
    signature(name, reason) { World.signingKey.sign(payload: make()) }
  }

  static func verify(_ signature: CardSignature, over message: [UInt8] = World.message) -> VerificationReason? {
    JPKITests.reason { () throws(VerificationFailure) in
      _ = try World.verifier.verify(signature, over: message, kind: .signing, at: World.now)
    }
  }

  private static var digest: [UInt8] { sha256(World.message) }

  /// 00 01 FF… 00 payload, with room for anything to go wrong.
  private static func block(_ head: [UInt8], _ payload: [UInt8], filler: UInt8 = 0xFF) -> [UInt8] {
    head + [UInt8](repeating: filler, count: 256 - head.count - payload.count - 1) + [0] + payload
  }

  static let all: [RefusalCase] = [
    RefusalCase("no certificate", .certificateMissing) { verify(World.raw(World.signature, certificate: nil)) },
    RefusalCase("XML", .formatNotSupported) {
      verify(CardSignature(format: .xml, signature: Array("<Signature/>".utf8), certificate: World.signingCertificate))
    },
    signature("larger than any key", .signatureTooLarge) { [UInt8](repeating: 1, count: 513) },
    signature("one byte short", .signatureLength) { Array(World.signature.dropLast()) },
    signature("a zero byte in front", .signatureLength) { [0] + World.signature },
    signature("a number beyond the modulus", .signatureNotByThisKey) { [UInt8](repeating: 0xFF, count: 256) },
    signature("another card's key", .signatureNotByThisKey) { World.otherCardKey.sign(World.message) },
    signature("a bit flipped", .signatureNotByThisKey) { World.signature.enumerated().map { $0 == 100 ? $1 ^ 4 : $1 } },
    signature("all zeros", .signatureNotByThisKey) { [UInt8](repeating: 0, count: 256) },
    signature("PSS", .pssNotAccepted) { World.signingKey.signPSS(digest: digest) },
    signature("seven bytes of padding", .paddingInvalid) {
      World.signingKey.sign(block: [0, 1] + [UInt8](repeating: 0xFF, count: 7) + [0] + [UInt8](repeating: 9, count: 246))
    },
    signature("a hole in the padding", .paddingInvalid) {
      World.signingKey.sign(block: block([0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE], digestInfo(Algorithm.sha256, digest)))
    },
    signature("padding without end", .paddingInvalid) { World.signingKey.sign(block: [0, 1] + [UInt8](repeating: 0xFF, count: 254)) },
    signature("encryption's padding", .signatureNotByThisKey) {
      World.signingKey.sign(block: block([0, 2], digestInfo(Algorithm.sha256, digest), filler: 0x77))
    },
    payload("a bare SHA-256", .bareHash) { digest },
    payload("a bare SHA-1", .bareHash) { sha1(World.message) },
    payload("the content itself", .rawContent) { World.message },
    payload("a raw nonce of 16 bytes", .bareHash) { [UInt8](repeating: 0x5A, count: 16) },
    payload("a raw nonce of 24 bytes", .digestInfoMalformed) { [UInt8](repeating: 0x5A, count: 24) },
    payload("nothing", .digestInfoMalformed) { [] },
    payload("a cut DigestInfo", .digestInfoMalformed) { Array(digestInfo(Algorithm.sha256, digest).dropLast()) },
    payload("a length in long form", .digestInfoMalformed) {
      let info = digestInfo(Algorithm.sha256, digest)
      return [0x30, 0x81] + info.dropFirst()
    },
    payload("an indefinite length", .digestInfoMalformed) { [0x30, 0x80] + digestInfo(Algorithm.sha256, digest).dropFirst(2) + [0, 0] },
    payload("bytes after the DigestInfo", .digestInfoTrailingBytes) { digestInfo(Algorithm.sha256, digest) + [0] },
    payload("bytes after the digest", .digestInfoTrailingBytes) {
      Encoder.sequence(Encoder.algorithm(Algorithm.sha256), Encoder.octets(digest), Encoder.null)
    },
    payload("parameters that are not NULL", .digestInfoParameters) { digestInfo(Algorithm.sha256, digest, parameters: Encoder.integer(0)) },
    payload("NULL with content", .digestInfoMalformed) { digestInfo(Algorithm.sha256, digest, parameters: [5, 1, 0]) },
    payload("SHA-1", .sha1NotAccepted) { digestInfo(Algorithm.sha1, sha1(World.message)) },
    payload("MD5", .digestAlgorithmNotAccepted) { digestInfo(Algorithm.md5, [UInt8](repeating: 1, count: 16)) },
    payload("SHA-384 without a profile for it", .digestAlgorithmNotAccepted) { digestInfo(Algorithm.sha384, sha384(World.message)) },
    payload("SHA-512 without a profile for it", .digestAlgorithmNotAccepted) { digestInfo(Algorithm.sha512, sha512(World.message)) },
    payload("a digest of 31 bytes", .digestLength) { digestInfo(Algorithm.sha256, Array(digest.dropLast())) },
    payload("an empty digest", .digestLength) { digestInfo(Algorithm.sha256, []) },
    payload("another content", .digestMismatch) { digestInfo(Algorithm.sha256, sha256(World.message + [0])) },
  ]
}
