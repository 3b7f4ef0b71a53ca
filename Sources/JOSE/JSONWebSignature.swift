internal import Crypto
internal import CryptoExtras

/// The signature algorithms that are accepted anywhere (RFC 7518 §3.1). Neither `none` nor HMAC.
public enum SignatureAlgorithm: String, Sendable, CaseIterable, Hashable {
  /// ECDSA P-256, SHA-256
  case es256 = "ES256"
  /// ECDSA P-384, SHA-384
  case es384 = "ES384"
  /// RSASSA-PSS, SHA-256
  case ps256 = "PS256"
  /// RSASSA-PKCS1-v1_5, SHA-256: of others' ID tokens alone, which most providers sign so
  case rs256 = "RS256"
}

/// JWS in compact serialisation (RFC 7515).
public enum JSONWebSignature {
  /// The longest compact serialisation that is read, in bytes: 256 KiB.
  public static let maximumBytes = 262_144

  /// Signs a payload with ES256. `alg` and `kid` are set by the key; `header` adds others such as `typ`.
  ///
  /// - Throws: `JOSEError.cryptography` or `.malformed` if the header cannot be written.
  public static func sign(payload: [UInt8], header: [String: JSONValue] = [:], key: SigningKey) throws(JOSEError) -> String {
    var members = header
    members["alg"] = .string(SignatureAlgorithm.es256.rawValue)
    if members["jwk"] == nil { members["kid"] = .string(key.kid) }
    let input = Base64URL.encode(try JSONValue.object(members).serialized()) + "." + Base64URL.encode(payload)
    return input + "." + Base64URL.encode(try key.signature(for: Array(input.utf8)))
  }

  /// Verifies a compact serialisation.
  ///
  /// The key decides the algorithm, never the header alone: P-256 means ES256, P-384 ES384, RSA PS256 (or RS256 where `algorithms`
  /// names it), and the header must agree. A `kid` in the
  /// header restricts the search to keys of that id. `crit` is refused (RFC 7515 §4.1.11).
  ///
  /// - Throws: `JOSEError`.
  public static func verify(
    _ compact: String, keys: [JSONWebKey], algorithms: Set<SignatureAlgorithm> = [.es256, .ps256], maximumBytes: Int = maximumBytes
  ) throws(JOSEError) -> (header: ProtectedHeader, payload: [UInt8]) {
    let parsed = try parse(compact, algorithms: algorithms, maximumBytes: maximumBytes)
    let candidates = keys.filter { key in
      guard key.use == nil || key.use == "sig" else { return false }
      return parsed.header.keyID == nil || key.kid == parsed.header.keyID
    }
    guard !candidates.isEmpty else { throw .keyUnknown }
    let fitting = candidates.filter {
      Self.algorithms(of: $0).contains(parsed.algorithm) && ($0.alg == nil || $0.alg == parsed.header.algorithm)
    }
    guard !fitting.isEmpty else { throw .algorithmNotAllowed }
    for key in fitting where try isValid(parsed, key) { return (parsed.header, parsed.payload) }
    throw .signatureInvalid
  }

  /// Reads the header without verifying anything: to find whose keys are needed. Nothing in it may be believed.
  ///
  /// - Throws: `JOSEError`.
  public static func unverifiedParts(
    _ compact: String, algorithms: Set<SignatureAlgorithm> = [.es256, .ps256], maximumBytes: Int = maximumBytes
  ) throws(JOSEError) -> (header: ProtectedHeader, payload: [UInt8]) {
    let parsed = try parse(compact, algorithms: algorithms, maximumBytes: maximumBytes)
    return (parsed.header, parsed.payload)
  }

  // MARK: parts

  private struct Parsed {
    let header: ProtectedHeader
    let algorithm: SignatureAlgorithm
    let payload: [UInt8]
    let signature: [UInt8]
    let input: [UInt8]
  }

  private static func parse(_ compact: String, algorithms: Set<SignatureAlgorithm>, maximumBytes: Int) throws(JOSEError) -> Parsed {
    guard compact.utf8.count <= maximumBytes else { throw .tooLarge }
    let parts = compact.utf8.split(separator: 0x2E, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3, let headerBytes = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
      let signature = Base64URL.decode(parts[2])
    else { throw .malformed }
    let header = try ProtectedHeader(parsing: headerBytes)
    guard let algorithm = SignatureAlgorithm(rawValue: header.algorithm), algorithms.contains(algorithm) else { throw .algorithmNotAllowed }
    let input = Array(compact.utf8.prefix(parts[0].count + 1 + parts[1].count))
    return Parsed(header: header, algorithm: algorithm, payload: payload, signature: signature, input: input)
  }

  private static func algorithms(of key: JSONWebKey) -> [SignatureAlgorithm] {
    switch (key.kty, key.crv) {
    case ("EC", "P-256"): [.es256]
    case ("EC", "P-384"): [.es384]
    case ("RSA", nil): [.ps256, .rs256]
    default: []
    }
  }

  private static func isValid(_ parsed: Parsed, _ key: JSONWebKey) throws(JOSEError) -> Bool {
    switch parsed.algorithm {
    case .es256:
      guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: parsed.signature) else { return false }
      return try key.p256Signing().isValidSignature(signature, for: parsed.input)
    case .es384:
      guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: parsed.signature) else { return false }
      return try key.p384Signing().isValidSignature(signature, for: parsed.input)
    case .ps256, .rs256:
      return try key.rsaSigning().isValidSignature(
        _RSA.Signing.RSASignature(rawRepresentation: parsed.signature), for: SHA256.hash(data: parsed.input),
        padding: parsed.algorithm == .ps256 ? .PSS : .insecurePKCS1v1_5)
    }
  }
}
