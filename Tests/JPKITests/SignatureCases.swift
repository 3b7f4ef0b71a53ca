import JPKI

/// What can be wrong with a raw signature by the right card's key, and by others.
enum SignatureCases {
  private static func signature(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ make: @escaping @Sendable () -> [UInt8]
  ) -> RefusalCase {
    RefusalCase("raw: " + name, result, reason) { verify(World.raw(make())) }
  }

  /// What the card would sign over this payload in place of the right DigestInfo.
  private static func payload(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ make: @escaping @Sendable () -> [UInt8]
  ) -> RefusalCase {
    signature(name, result, reason) { World.signingKey.sign(payload: make()) }
  }

  static func verify(_ signature: CardSignature, over message: [UInt8] = World.message) -> VerificationReason? {
    JPKITests.reason { () throws(VerificationFailure) in
      _ = try World.verifier.verify(signature, over: message, kind: .signing, at: World.now)
    }
  }

  private static func verify(_ signature: CardSignature, overDigest digest: [UInt8]) -> VerificationReason? {
    JPKITests.reason { () throws(VerificationFailure) in
      _ = try World.verifier.verify(signature, overDigest: digest, kind: .signing, at: World.now)
    }
  }

  private static var digest: [UInt8] { sha256(World.message) }

  /// 00 01 FF… 00 payload, with room for anything to go wrong.
  private static func block(_ head: [UInt8], _ payload: [UInt8], filler: UInt8 = 0xFF) -> [UInt8] {
    head + [UInt8](repeating: filler, count: 256 - head.count - payload.count - 1) + [0] + payload
  }

  static let all: [RefusalCase] = [
    RefusalCase("raw: no certificate", .certificateProfile, .certificateMissing) { verify(World.raw(World.signature, certificate: nil)) },
    signature("larger than any key", .signatureInvalid, .signatureTooLarge) { [UInt8](repeating: 1, count: 513) },
    signature("one byte short", .signatureInvalid, .signatureLength) { Array(World.signature.dropLast()) },
    signature("a zero byte in front", .signatureInvalid, .signatureLength) { [0] + World.signature },
    signature("a number beyond the modulus", .signatureInvalid, .signatureNotByThisKey) { [UInt8](repeating: 0xFF, count: 256) },
    signature("another card's key", .signatureInvalid, .signatureNotByThisKey) { World.otherCardKey.sign(World.message) },
    signature("a bit flipped", .signatureInvalid, .signatureNotByThisKey) { World.signature.enumerated().map { $0 == 100 ? $1 ^ 4 : $1 } },
    signature("all zeros", .signatureInvalid, .signatureNotByThisKey) { [UInt8](repeating: 0, count: 256) },
    signature("PSS", .signatureInvalid, .pssNotAccepted) { World.signingKey.signPSS(digest: digest) },
    signature("seven bytes of padding", .signatureInvalid, .paddingInvalid) {
      World.signingKey.sign(block: [0, 1] + [UInt8](repeating: 0xFF, count: 7) + [0] + [UInt8](repeating: 9, count: 246))
    },
    signature("a hole in the padding", .signatureInvalid, .paddingInvalid) {
      World.signingKey.sign(block: block([0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE], digestInfo(Algorithm.sha256, digest)))
    },
    signature("padding without end", .signatureInvalid, .paddingInvalid) {
      World.signingKey.sign(block: [0, 1] + [UInt8](repeating: 0xFF, count: 254))
    },
    signature("encryption's padding", .signatureInvalid, .signatureNotByThisKey) {
      World.signingKey.sign(block: block([0, 2], digestInfo(Algorithm.sha256, digest), filler: 0x77))
    },
    payload("a bare SHA-256", .signatureInvalid, .bareHash) { digest },
    payload("a bare SHA-1", .signatureInvalid, .bareHash) { sha1(World.message) },
    payload("the content itself", .signatureInvalid, .rawContent) { World.message },
    payload("a bare SHA-512", .signatureInvalid, .bareHash) { sha512(World.message) },
    RefusalCase("raw: a bare SHA-256, where only the digest is known", .signatureInvalid, .bareHash) {
      verify(World.raw(World.signingKey.sign(payload: digest)), overDigest: digest)
    },
    RefusalCase("raw: a bare SHA-1, where only the SHA-256 is known", .signatureInvalid, .bareHash) {
      verify(World.raw(World.signingKey.sign(payload: sha1(World.message))), overDigest: digest)
    },
    payload("a raw nonce of 16 bytes", .signatureInvalid, .rawNonce) { [UInt8](repeating: 0x5A, count: 16) },
    payload("a raw nonce of 24 bytes", .signatureInvalid, .rawNonce) { [UInt8](repeating: 0x5A, count: 24) },
    payload("a raw nonce as long as a SHA-256", .signatureInvalid, .rawNonce) { [UInt8](repeating: 0x5A, count: 32) },
    payload("a part of the content", .signatureInvalid, .rawNonce) { Array(World.message.prefix(20)) },
    payload("nothing", .signatureInvalid, .digestInfoMalformed) { [] },
    payload("a cut DigestInfo", .signatureInvalid, .digestInfoMalformed) { Array(digestInfo(Algorithm.sha256, digest).dropLast()) },
    payload("a length in long form", .signatureInvalid, .digestInfoMalformed) {
      let info = digestInfo(Algorithm.sha256, digest)
      return [0x30, 0x81] + info.dropFirst()
    },
    payload("an indefinite length", .signatureInvalid, .digestInfoMalformed) {
      [0x30, 0x80] + digestInfo(Algorithm.sha256, digest).dropFirst(2) + [0, 0]
    },
    payload("bytes after the DigestInfo", .signatureInvalid, .digestInfoTrailingBytes) { digestInfo(Algorithm.sha256, digest) + [0] },
    payload("bytes after the digest", .signatureInvalid, .digestInfoTrailingBytes) {
      Encoder.sequence(Encoder.algorithm(Algorithm.sha256), Encoder.octets(digest), Encoder.null)
    },
    payload("parameters that are not NULL", .signatureInvalid, .digestInfoParameters) {
      digestInfo(Algorithm.sha256, digest, parameters: Encoder.integer(0))
    },
    payload("NULL with content", .signatureInvalid, .digestInfoMalformed) { digestInfo(Algorithm.sha256, digest, parameters: [5, 1, 0]) },
    payload("SHA-1", .signatureInvalid, .sha1NotAccepted) { digestInfo(Algorithm.sha1, sha1(World.message)) },
    payload("MD5", .signatureInvalid, .digestAlgorithmNotAccepted) { digestInfo(Algorithm.md5, [UInt8](repeating: 1, count: 16)) },
    payload("SHA-384 without a profile for it", .signatureInvalid, .digestAlgorithmNotAccepted) {
      digestInfo(Algorithm.sha384, sha384(World.message))
    },
    payload("SHA-512 without a profile for it", .signatureInvalid, .digestAlgorithmNotAccepted) {
      digestInfo(Algorithm.sha512, sha512(World.message))
    },
    payload("a digest of 31 bytes", .signatureInvalid, .digestLength) { digestInfo(Algorithm.sha256, Array(digest.dropLast())) },
    payload("an empty digest", .signatureInvalid, .digestLength) { digestInfo(Algorithm.sha256, []) },
    payload("another content", .signatureInvalid, .digestMismatch) { digestInfo(Algorithm.sha256, sha256(World.message + [0])) },
  ]
}
