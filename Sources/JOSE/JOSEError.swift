/// Why a JOSE object is refused. Carries no part of it.
public enum JOSEError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Longer than the limit.
  case tooLarge
  /// Not a compact serialisation, not base64url, not JSON, or a member of the wrong type.
  case malformed
  /// `alg` or `enc` is not among those allowed, or does not fit the key. `none` is never allowed.
  case algorithmNotAllowed
  /// `crit`, `zip` or `b64`: extensions that are not understood here must be refused (RFC 7515 §4.1.11).
  case extensionNotUnderstood
  /// `typ` is not the one expected.
  case typeNotExpected
  /// No key with this `kid`, or none that fits.
  case keyUnknown
  /// A key is malformed, of an unsupported kind or size, or not a point of its curve.
  case keyInvalid
  /// The signature does not verify.
  case signatureInvalid
  /// Wrong key or changed bytes; one answer for all causes.
  case decryptionFailed
  /// A claim is missing; its name.
  case claimMissing(String)
  /// `exp` has passed.
  case expired
  /// `nbf` or `iat` lies in the future.
  case notYetValid
  /// `exp` lies further ahead than allowed.
  case lifetimeTooLong
  /// A claim has another value than expected; its name.
  case claimUnexpected(String)
  /// The cryptographic library failed.
  case cryptography

  /// A sentence for people.
  public var description: String {
    switch self {
    case .tooLarge: "The token is too long."
    case .malformed: "The token is malformed."
    case .algorithmNotAllowed: "The token's algorithm is not allowed for this key."
    case .extensionNotUnderstood: "The token's header asks for an extension that is not understood."
    case .typeNotExpected: "The token's type is not the expected one."
    case .keyUnknown: "The token names a key that is not known."
    case .keyInvalid: "The key is malformed or not supported."
    case .signatureInvalid: "The signature does not verify."
    case .decryptionFailed: "The token cannot be decrypted."
    case .claimMissing(let name): "The claim \(name) is missing."
    case .expired: "The token has expired."
    case .notYetValid: "The token is not valid yet."
    case .lifetimeTooLong: "The token's lifetime is too long."
    case .claimUnexpected(let name): "The claim \(name) is not the expected one."
    case .cryptography: "A cryptographic operation failed."
    }
  }
}
