internal import Crypto
internal import CryptoExtras
internal import Foundation

/// A private key that opens a JWE, of either kind.
public enum DecryptionKey: Sendable, CustomStringConvertible {
  /// ECDH-ES on P-256.
  case agreement(KeyAgreementKey)
  /// RSA-OAEP-256.
  case rsa(RSADecryptionKey)

  /// The key of a PEM text: P-256 or RSA, by what it holds.
  ///
  /// - Throws: `JOSEError.keyInvalid`.
  public init(pemRepresentation: String) throws(JOSEError) {
    if let key = try? KeyAgreementKey(pemRepresentation: pemRepresentation) {
      self = .agreement(key)
    } else {
      self = .rsa(try RSADecryptionKey(pemRepresentation: pemRepresentation))
    }
  }

  /// The public key.
  public var publicJWK: JSONWebKey {
    switch self {
    case .agreement(let key): key.publicJWK
    case .rsa(let key): key.publicJWK
    }
  }

  /// Always `<redacted>`.
  public var description: String { "<redacted>" }
}

/// JWE in compact serialisation (RFC 7516): `ECDH-ES` (direct) on P-256 or `RSA-OAEP-256`, always with `A256GCM`. No compression.
public enum JSONWebEncryption {
  /// The longest compact serialisation that is read, in bytes: 256 KiB.
  public static let maximumBytes = 262_144

  /// Encrypts to a public key: ECDH-ES if it is P-256, RSA-OAEP-256 if it is RSA. `alg`, `enc`, `epk` and `kid` are set here (`kid` from the key,
  /// its thumbprint where it has none); `header` adds others, among them `apu` and `apv`.
  ///
  /// - Throws: `JOSEError.keyInvalid` if the key is neither or is meant for signatures.
  public static func encrypt(_ plaintext: [UInt8], to recipient: JSONWebKey, header: [String: JSONValue] = [:]) throws(JOSEError) -> String
  {
    guard recipient.use == nil || recipient.use == "enc" else { throw .keyInvalid }
    var members = header
    members["enc"] = "A256GCM"
    members["kid"] = .string(recipient.kid ?? recipient.thumbprint)
    let contentKey: SymmetricKey
    var wrapped: [UInt8] = []
    if recipient.kty == "RSA" {
      members["alg"] = "RSA-OAEP-256"
      contentKey = SymmetricKey(size: .bits256)
      let key = try recipient.rsaEncryption()
      do { wrapped = Array(try key.encrypt(contentKey.withUnsafeBytes { Array($0) }, padding: .PKCS1_OAEP_SHA256)) } catch {
        throw .cryptography
      }
    } else {
      members["alg"] = "ECDH-ES"
      let publicKey = try recipient.p256Agreement()
      let ephemeral = P256.KeyAgreement.PrivateKey()
      members["epk"] = JSONWebKey(p256: ephemeral.publicKey.rawRepresentation).value
      contentKey = try agreedKey(ephemeral, publicKey, partyU: members["apu"], partyV: members["apv"])
    }
    let header = Base64URL.encode(try JSONValue.object(members).serialized())
    do {
      let box = try AES.GCM.seal(plaintext, using: contentKey, authenticating: Array(header.utf8))
      return [
        header, Base64URL.encode(wrapped), Base64URL.encode(Array(box.nonce)), Base64URL.encode(Array(box.ciphertext)),
        Base64URL.encode(Array(box.tag)),
      ].joined(separator: ".")
    } catch {
      throw .cryptography
    }
  }

  /// Decrypts with the one of `keys` that `kid` names; without `kid` there must be one key only.
  ///
  /// - Throws: `JOSEError`; `.decryptionFailed` for a wrong key and for changed bytes alike.
  public static func decrypt(
    _ compact: String, with keys: [KeyAgreementKey], maximumBytes: Int = maximumBytes
  ) throws(JOSEError) -> (header: ProtectedHeader, plaintext: [UInt8]) {
    try decrypt(compact, maximumBytes: maximumBytes) { keyID in
      guard let keyID else { return keys.count == 1 ? keys.first.map(DecryptionKey.agreement) : nil }
      return keys.first { $0.kid == keyID }.map(DecryptionKey.agreement)
    }
  }

  /// Decrypts with the key that `lookUp` finds for the header's `kid`.
  ///
  /// - Throws: `JOSEError`; `.keyUnknown` where `lookUp` answers nil.
  public static func decrypt(
    _ compact: String, maximumBytes: Int = maximumBytes, lookUp: (_ keyID: String?) -> DecryptionKey?
  ) throws(JOSEError) -> (header: ProtectedHeader, plaintext: [UInt8]) {
    let parsed = try parse(compact, maximumBytes: maximumBytes)
    guard let key = lookUp(parsed.header.keyID) else { throw .keyUnknown }
    let contentKey = try contentKey(of: parsed, key)
    do {
      let box = try AES.GCM.SealedBox(nonce: AES.GCM.Nonce(data: parsed.nonce), ciphertext: parsed.ciphertext, tag: parsed.tag)
      return (parsed.header, Array(try AES.GCM.open(box, using: contentKey, authenticating: parsed.authenticated)))
    } catch {
      throw .decryptionFailed
    }
  }

  /// Reads the `kid` without decrypting: to find the key. Nothing in it may be believed.
  ///
  /// - Throws: `JOSEError`.
  public static func keyID(of compact: String, maximumBytes: Int = maximumBytes) throws(JOSEError) -> String? {
    try parse(compact, maximumBytes: maximumBytes).header.keyID
  }

  // MARK: parts

  private struct Parsed {
    let header: ProtectedHeader
    let wrapped: [UInt8]
    let nonce: [UInt8]
    let ciphertext: [UInt8]
    let tag: [UInt8]
    let authenticated: [UInt8]
  }

  private static func parse(_ compact: String, maximumBytes: Int) throws(JOSEError) -> Parsed {
    guard compact.utf8.count <= maximumBytes else { throw .tooLarge }
    let parts = compact.utf8.split(separator: 0x2E, maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 5, let headerBytes = Base64URL.decode(parts[0]), let wrapped = Base64URL.decode(parts[1]),
      let nonce = Base64URL.decode(parts[2]), let ciphertext = Base64URL.decode(parts[3]), let tag = Base64URL.decode(parts[4])
    else { throw .malformed }
    let header = try ProtectedHeader(parsing: headerBytes)
    guard header.encryption == "A256GCM" else { throw .algorithmNotAllowed }
    guard nonce.count == 12, tag.count == 16 else { throw .malformed }
    return Parsed(header: header, wrapped: wrapped, nonce: nonce, ciphertext: ciphertext, tag: tag, authenticated: Array(parts[0]))
  }

  private static func contentKey(of parsed: Parsed, _ key: DecryptionKey) throws(JOSEError) -> SymmetricKey {
    switch (parsed.header.algorithm, key) {
    case ("ECDH-ES", .agreement(let key)):
      guard parsed.wrapped.isEmpty, let ephemeral = parsed.header.members["epk"].flatMap({ JSONWebKey(members: $0) }) else {
        throw .malformed
      }
      return try agreedKey(
        key.key, try ephemeral.p256Agreement(), partyU: parsed.header.members["apu"], partyV: parsed.header.members["apv"])
    case ("RSA-OAEP-256", .rsa(let key)):
      let bytes = try key.decrypt(parsed.wrapped)
      guard bytes.count == 32 else { throw .decryptionFailed }
      return SymmetricKey(data: bytes)
    default: throw .algorithmNotAllowed
    }
  }

  private static func agreedKey(
    _ own: P256.KeyAgreement.PrivateKey, _ other: P256.KeyAgreement.PublicKey, partyU: JSONValue?, partyV: JSONValue?
  ) throws(JOSEError) -> SymmetricKey {
    guard let u = Base64URL.decode(partyU?.string ?? ""), let v = Base64URL.decode(partyV?.string ?? "") else { throw .malformed }
    guard let secret = try? own.sharedSecretFromKeyAgreement(with: other) else { throw .decryptionFailed }
    return SymmetricKey(data: ConcatKDF.derive(secret.withUnsafeBytes { Array($0) }, algorithm: "A256GCM", partyU: u, partyV: v, bits: 256))
  }
}
