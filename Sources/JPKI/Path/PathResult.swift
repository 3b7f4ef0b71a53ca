internal import COpenSSL

/// What OpenSSL found of a path.
public struct PathResult: Sendable, Hashable {
  /// Whether the path is valid; nothing else makes it so.
  public let isValid: Bool
  /// OpenSSL's error number (`X509_V_ERR_…` of x509_vfy.h); 0 when the path is valid.
  public let error: Int
  /// OpenSSL's words for it.
  public let reason: String
  /// Where the error is: 0 the certificate, 1 its issuer, and so on.
  public let depth: Int
  /// The path as far as it was built, the certificate first.
  public let chain: [PathLink]
  /// Whether revocation lists were asked for every certificate of the path.
  public let checksRevocation: Bool

  /// What to do about the error, where that can be said.
  public var nextStep: String? {
    switch Int32(clamping: error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      "Hand in the missing issuer as an intermediate, or the root itself as an anchor."
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      "The path ends in a root that is no anchor: hand it in as one, if you trust it."
    case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
      "Hand in a revocation list for every issuer of the path, the anchor's own too, and the certificates of those who sign lists."
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
      "Hand in the list, or the parts of it, that cover this certificate."
    case X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID:
      "Fetch a newer list, or ask as of a time that this one covers."
    case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID:
      "Ask as of a time within its validity, if that is what you mean."
    default: nil
    }
  }
}

/// One certificate of a path.
public struct PathLink: Sendable, Hashable {
  /// As what it was handed in.
  public let input: PathInput
  /// Its position among those, from one.
  public let position: Int
  /// How much work its key is worth, in bits (NIST SP 800-57).
  public let keyBits: Int
  /// How much work the signature on it is worth, in bits; -1 where OpenSSL does not know the algorithm.
  public let signatureBits: Int
}
