internal import Crypto
internal import CryptoExtras
internal import Foundation

/// A public key as JSON (RFC 7517): EC P-256 or P-384, RSA of 2048…4096 bits, or Ed25519 (RFC 8037), which verifies no JWS here. Private members are
/// never read nor written.
public struct JSONWebKey: Codable, Sendable, Hashable {
  /// `EC`, `RSA` or `OKP`.
  public let kty: String
  /// `P-256` or `P-384`, for `EC`; `Ed25519`, for `OKP`.
  public let crv: String?
  /// X coordinate for `EC`, public key for `OKP`, base64url.
  public let x: String?
  /// Y coordinate, base64url, for `EC`.
  public let y: String?
  /// Modulus, base64url, for `RSA`.
  public let n: String?
  /// Public exponent, base64url, for `RSA`.
  public let e: String?
  /// Key id.
  public var kid: String?
  /// The one algorithm that the key is meant for.
  public var alg: String?
  /// `sig` or `enc`.
  public var use: String?

  private init(kty: String, crv: String? = nil, x: String? = nil, y: String? = nil, n: String? = nil, e: String? = nil) {
    self.kty = kty
    self.crv = crv
    self.x = x
    self.y = y
    self.n = n
    self.e = e
  }

  /// The public key of a PEM `PUBLIC KEY` (SubjectPublicKeyInfo): P-256, P-384 or RSA.
  ///
  /// - Throws: `JOSEError.keyInvalid`.
  public init(pemRepresentation pem: String) throws(JOSEError) {
    if let key = try? P256.Signing.PublicKey(pemRepresentation: pem) {
      self.init(p256: key.rawRepresentation)
    } else if let key = try? P384.Signing.PublicKey(pemRepresentation: pem) {
      self.init(curve: "P-384", raw: Array(key.rawRepresentation))
    } else if let key = try? _RSA.Signing.PublicKey(pemRepresentation: pem), let numbers = try? key.getKeyPrimitives() {
      self.init(modulus: Array(numbers.modulus), exponent: Array(numbers.publicExponent))
    } else {
      throw .keyInvalid
    }
  }

  /// An RSA key by its numbers, big-endian; leading zeros are dropped (RFC 7518 §6.3.1).
  public init(modulus: [UInt8], exponent: [UInt8]) {
    self.init(kty: "RSA", n: Base64URL.encode(Array(modulus.drop { $0 == 0 })), e: Base64URL.encode(Array(exponent.drop { $0 == 0 })))
  }

  /// An Ed25519 key by its 32 bytes (RFC 8037 §2).
  public init(ed25519 raw: [UInt8]) { self.init(kty: "OKP", crv: "Ed25519", x: Base64URL.encode(raw)) }

  /// The 32 bytes of an Ed25519 key; nil for any other.
  public var ed25519Bytes: [UInt8]? {
    guard kty == "OKP", crv == "Ed25519", let raw = x.flatMap({ Base64URL.decode($0) }), raw.count == 32 else { return nil }
    return raw
  }

  init(p256 raw: Data) { self.init(curve: "P-256", raw: Array(raw)) }

  private init(curve: String, raw: [UInt8]) {
    let half = raw.count / 2
    self.init(kty: "EC", crv: curve, x: Base64URL.encode(Array(raw[..<half])), y: Base64URL.encode(Array(raw[half...])))
  }

  /// The same key with other labels.
  public func labelled(kid: String?, alg: String?, use: String?) -> JSONWebKey {
    var copy = self
    copy.kid = kid
    copy.alg = alg
    copy.use = use
    return copy
  }

  /// The thumbprint (RFC 7638, SHA-256, base64url).
  public var thumbprint: String {
    let required =
      switch kty {
      case "RSA": "{\"e\":\"\(e ?? "")\",\"kty\":\"RSA\",\"n\":\"\(n ?? "")\"}"
      // RFC 8037 §2: a key of one coordinate.
      case "OKP": "{\"crv\":\"\(crv ?? "")\",\"kty\":\"OKP\",\"x\":\"\(x ?? "")\"}"
      default: "{\"crv\":\"\(crv ?? "")\",\"kty\":\"\(kty)\",\"x\":\"\(x ?? "")\",\"y\":\"\(y ?? "")\"}"
      }
    return Base64URL.encode(Array(SHA256.hash(data: Array(required.utf8))))
  }

  /// Checks that the key is one that is supported: the point lies on its curve, the RSA modulus has 2048…4096 bits and the exponent is odd and above 2.
  ///
  /// - Throws: `JOSEError.keyInvalid`.
  public func validate() throws(JOSEError) {
    switch (kty, crv) {
    case ("EC", "P-256"): _ = try p256Signing()
    case ("EC", "P-384"): _ = try p384Signing()
    case ("RSA", nil): _ = try rsaNumbers()
    default: throw .keyInvalid
    }
  }

  // MARK: keys of the cryptographic library

  func p256Signing() throws(JOSEError) -> P256.Signing.PublicKey {
    do { return try P256.Signing.PublicKey(rawRepresentation: point(curve: "P-256", length: 32)) } catch { throw .keyInvalid }
  }

  func p256Agreement() throws(JOSEError) -> P256.KeyAgreement.PublicKey {
    do { return try P256.KeyAgreement.PublicKey(rawRepresentation: point(curve: "P-256", length: 32)) } catch { throw .keyInvalid }
  }

  func p384Signing() throws(JOSEError) -> P384.Signing.PublicKey {
    do { return try P384.Signing.PublicKey(rawRepresentation: point(curve: "P-384", length: 48)) } catch { throw .keyInvalid }
  }

  func rsaSigning() throws(JOSEError) -> _RSA.Signing.PublicKey {
    let numbers = try rsaNumbers()
    do { return try _RSA.Signing.PublicKey(n: numbers.modulus, e: numbers.exponent) } catch { throw .keyInvalid }
  }

  func rsaEncryption() throws(JOSEError) -> _RSA.Encryption.PublicKey {
    let numbers = try rsaNumbers()
    do { return try _RSA.Encryption.PublicKey(n: numbers.modulus, e: numbers.exponent) } catch { throw .keyInvalid }
  }

  private func point(curve: String, length: Int) throws(JOSEError) -> [UInt8] {
    guard kty == "EC", crv == curve, let x = x.flatMap({ Base64URL.decode($0) }), let y = y.flatMap({ Base64URL.decode($0) }),
      x.count == length,
      y.count == length
    else { throw .keyInvalid }
    return x + y
  }

  private func rsaNumbers() throws(JOSEError) -> (modulus: [UInt8], exponent: [UInt8]) {
    guard kty == "RSA", let n = n.flatMap({ Base64URL.decode($0) }), let e = e.flatMap({ Base64URL.decode($0) }),
      (256...512).contains(n.count),
      n[0] >= 0x80, n.last.map({ $0 & 1 == 1 }) == true, (1...4).contains(e.count), e[0] != 0, e != [1], e.last.map({ $0 & 1 == 1 }) == true
    else { throw .keyInvalid }
    return (n, e)
  }
}

/// A set of public keys (RFC 7517 §5), as `/jwks.json` answers it.
public struct JSONWebKeySet: Codable, Sendable, Hashable {
  /// The keys; the order has no meaning.
  public let keys: [JSONWebKey]

  /// Takes the keys.
  public init(keys: [JSONWebKey]) { self.keys = keys }
}

extension JSONWebKey {
  /// Reads a key from JSON.
  ///
  /// - Throws: `JOSEError.keyInvalid`.
  public init(json: [UInt8]) throws(JOSEError) {
    do { self = try JSONDecoder().decode(JSONWebKey.self, from: Data(json)) } catch { throw .keyInvalid }
  }

  /// The key as JSON, members sorted.
  ///
  /// - Throws: `JOSEError.keyInvalid` if it cannot be written (it always can).
  public func json() throws(JOSEError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return Array(try encoder.encode(self)) } catch { throw .keyInvalid }
  }

  /// The key as a JSON value, to stand inside another object.
  public var value: JSONValue {
    let members: [(String, String?)] = [
      ("kty", kty), ("crv", crv), ("x", x), ("y", y), ("n", n), ("e", e), ("kid", kid), ("alg", alg), ("use", use),
    ]
    return .object(Dictionary(uniqueKeysWithValues: members.compactMap { name, text in text.map { (name, JSONValue.string($0)) } }))
  }
}
