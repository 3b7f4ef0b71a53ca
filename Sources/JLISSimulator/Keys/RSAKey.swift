import CitizenItems
import Crypto
import CryptoExtras
import Foundation

/// An RSA-2048 key pair of a certificate authority, a responder or a card. Prints as `<redacted>`.
struct RSAKey: Redacted {
  private let signing: _RSA.Signing.PrivateKey
  /// The same key behind the one door of swift-crypto that does RSASP1 without any padding; the hash is of no consequence there.
  private let raw: _RSA.BlindSigning.PrivateKey<SHA384>

  /// A new key; takes some hundred milliseconds.
  static func generate() throws -> RSAKey {
    try RSAKey(der: Array(_RSA.Signing.PrivateKey(keySize: .bits2048).derRepresentation))
  }

  /// A key kept as PKCS #1 DER.
  init(der: [UInt8]) throws {
    signing = try _RSA.Signing.PrivateKey(derRepresentation: der)
    raw = try _RSA.BlindSigning.PrivateKey(derRepresentation: der)
  }

  /// PKCS #1 DER, secret.
  var der: [UInt8] { Array(signing.derRepresentation) }

  /// `SubjectPublicKeyInfo`.
  var subjectPublicKeyInfo: [UInt8] { Array(signing.publicKey.derRepresentation) }

  /// SHA-1 of the public key's bit string (RFC 5280 §4.2.1.2 method 1); also OCSP's `KeyHash`.
  var keyIdentifier: [UInt8] { Array(Insecure.SHA1.hash(data: signing.publicKey.pkcs1DERRepresentation)) }

  /// The public key's bit string hashed with SHA-256, for SHA-256 `CertID`s.
  var keyHashSHA256: [UInt8] { Array(SHA256.hash(data: signing.publicKey.pkcs1DERRepresentation)) }

  /// `sha256WithRSAEncryption` over `message`.
  func signature(over message: [UInt8]) throws -> [UInt8] { try signature(over: SHA256.hash(data: message)) }

  /// The same over a message that was hashed piece by piece.
  func signature(over digest: SHA256Digest) throws -> [UInt8] {
    Array(try signing.signature(for: digest, padding: .insecurePKCS1v1_5).rawRepresentation)
  }

  /// What the card does (jpki.md §5): EMSA-PKCS1-v1_5 padding around whatever it is given, unchecked, then RSASP1. 256 bytes.
  /// Refuses only what does not fit: 2048 bits leave room for 245 bytes.
  func signature(aroundDigestInfo digestInfo: [UInt8]) throws(CardRefusal) -> [UInt8] {
    guard digestInfo.count <= Self.sizeInBytes - 11 else { throw .tooLong }
    let padding = [UInt8](repeating: 0xFF, count: Self.sizeInBytes - 3 - digestInfo.count)
    do {
      return Array(try raw.blindSignature(for: [0x00, 0x01] + padding + [0x00] + digestInfo).rawRepresentation)
    } catch {
      throw .keyUnusable
    }
  }

  /// Whether `signature` is `sha256WithRSAEncryption` over `message` by this key.
  func isValid(_ signature: [UInt8], over message: [UInt8]) -> Bool {
    signing.publicKey.isValidSignature(
      .init(rawRepresentation: signature), for: SHA256.hash(data: message), padding: .insecurePKCS1v1_5)
  }

  static let sizeInBytes = 256
}
