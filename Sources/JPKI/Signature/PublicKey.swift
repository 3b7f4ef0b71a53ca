/// A public key of either version of the profile.
enum PublicKey: Sendable {
  case rsa(RSAPublicKey)
  case p384(P384PublicKey)

  /// The version of the profile whose keys are of this sort.
  var version: ProfileVersion {
    switch self {
    case .rsa: .rsa2048
    case .p384: .p384
    }
  }

  /// Whether `signature` is what a card with this key made of the content: PKCS#1 v1.5 around a DigestInfo, or ECDSA over SHA-384.
  ///
  /// - Parameters:
  ///   - allowed: digest algorithms that an RSA signature may name; with P-384 it is SHA-384.
  ///   - content: what was to be signed, if it is at hand, to recognise content that was signed without hashing.
  ///   - digest: gives the content's digest for the algorithm, if it is known.
  func verify(
    card signature: some Collection<UInt8>, allowed: Set<DigestAlgorithm>, content: [UInt8]?, digest: (DigestAlgorithm) -> [UInt8]?
  ) throws(VerificationFailure) {
    switch self {
    case .rsa(let key): try PKCS1.verify(signature, by: key, allowed: allowed, content: content, digest: digest)
    case .p384(let key):
      guard let expected = digest(.sha384) else { throw VerificationFailure(.digestAlgorithmNotAccepted) }
      try key.verify(signature, digest: expected)
    }
  }

  /// Whether `signature` is the key's under this algorithm, as authorities and responders sign.
  func verify(
    _ signature: some Collection<UInt8>, as algorithm: AlgorithmIdentifier, digest: (DigestAlgorithm) -> [UInt8]?
  ) throws(VerificationFailure) {
    switch self {
    case .rsa(let key):
      guard let named = algorithm.rsaDigest else { throw VerificationFailure(.signatureAlgorithm) }
      try PKCS1.verify(signature, by: key, allowed: [named], digest: digest)
    case .p384(let key):
      guard let named = algorithm.ecdsaDigest, let expected = digest(named) else { throw VerificationFailure(.signatureAlgorithm) }
      try key.verify(signature, digest: expected)
    }
  }
}

extension ProfileVersion {
  /// The digest in what this version's authorities sign.
  var digest: DigestAlgorithm {
    switch self {
    case .rsa2048: .sha256
    case .p384: .sha384
    }
  }

  /// Whether this version's authorities sign under this algorithm.
  func signs(as algorithm: AlgorithmIdentifier) -> Bool {
    switch self {
    case .rsa2048: algorithm.rsaDigest == .sha256
    case .p384: algorithm.ecdsaDigest == .sha384
    }
  }
}
