/// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2) with the block read strictly, so that each way to be wrong has its own reason.
enum PKCS1 {
  /// Whether `signature` is this key's over `digest`.
  ///
  /// - Parameters:
  ///   - allowed: digest algorithms that the DigestInfo may name.
  ///   - digest: gives the expected digest for the algorithm that was named.
  ///   - content: what was to be signed, if it is at hand, to recognise content that was signed without hashing.
  static func verify(
    _ signature: some Collection<UInt8>, by key: RSAPublicKey, allowed: Set<DigestAlgorithm>, content: [UInt8]? = nil,
    digest: (DigestAlgorithm) -> [UInt8]?
  ) throws(VerificationFailure) {
    let block = try key.recover(signature)
    let payload = try unpadded(block)
    let info = try DigestInfo(payload, content: content, digest: digest)
    guard let algorithm = info.algorithm, allowed.contains(algorithm) else {
      throw VerificationFailure(info.isSHA1 ? .sha1NotAccepted : .digestAlgorithmNotAccepted)
    }
    guard info.digest.count == algorithm.length else { throw VerificationFailure(.digestLength) }
    guard let expected = digest(algorithm), info.digest.elementsEqual(expected) else { throw VerificationFailure(.digestMismatch) }
  }

  /// Takes the padding off (RFC 8017 §9.2): 00 01, at least eight FF, 00, and the rest is the payload.
  static func unpadded(_ block: [UInt8]) throws(VerificationFailure) -> ArraySlice<UInt8> {
    guard block.count >= 11, block[0] == 0, block[1] == 1 else {
      throw VerificationFailure(ProbabilisticPadding.isLikely(block) ? .pssNotAccepted : .signatureNotByThisKey)
    }
    var index = 2
    while index < block.count, block[index] == 0xFF { index += 1 }
    guard index >= 10, index < block.count, block[index] == 0 else { throw VerificationFailure(.paddingInvalid) }
    return block[(index + 1)...]
  }
}
