internal import Crypto
internal import CryptoExtras
internal import Foundation

/// A private key that signs ES256. Prints as `<redacted>`. Its key id is the thumbprint of its public key.
public struct SigningKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let key: P256.Signing.PrivateKey
  /// The public key, labelled with `kid`, `alg` = `ES256`, `use` = `sig`.
  public let publicJWK: JSONWebKey

  /// A new random key.
  public static func generate() -> SigningKey { SigningKey(P256.Signing.PrivateKey()) }

  /// The key of a scalar of 32 bytes, big-endian.
  ///
  /// - Throws: `JOSEError.keyInvalid`.
  public init(rawRepresentation: [UInt8]) throws(JOSEError) {
    do { self.init(try P256.Signing.PrivateKey(rawRepresentation: rawRepresentation)) } catch { throw .keyInvalid }
  }

  /// The key of a PEM text, PKCS#8 (`PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`).
  ///
  /// - Throws: `JOSEError.keyInvalid`.
  public init(pemRepresentation: String) throws(JOSEError) {
    do { self.init(try P256.Signing.PrivateKey(pemRepresentation: pemRepresentation)) } catch { throw .keyInvalid }
  }

  private init(_ key: P256.Signing.PrivateKey) {
    self.key = key
    let bare = JSONWebKey(p256: key.publicKey.rawRepresentation)
    publicJWK = bare.labelled(kid: bare.thumbprint, alg: "ES256", use: "sig")
  }

  /// The key id: the thumbprint of the public key.
  public var kid: String { publicJWK.thumbprint }

  /// The scalar, 32 bytes, for storing under a wrapping key.
  public var rawRepresentation: [UInt8] { Array(key.rawRepresentation) }

  /// PEM, PKCS#8, for storing in a file that only its owner reads.
  public var pemRepresentation: String { key.pemRepresentation }

  /// The public key as PEM `PUBLIC KEY`.
  public var publicPEMRepresentation: String { key.publicKey.pemRepresentation }

  /// R ‖ S, 64 bytes, over SHA-256 of the message (RFC 7518 §3.4).
  ///
  /// - Throws: `JOSEError.cryptography` if the library fails.
  public func signature(for message: [UInt8]) throws(JOSEError) -> [UInt8] {
    do { return Array(try key.signature(for: message).rawRepresentation) } catch { throw .cryptography }
  }

  /// Always `<redacted>`.
  public var description: String { "<redacted>" }
  /// Always `<redacted>`.
  public var debugDescription: String { "<redacted>" }
  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)](), displayStyle: .struct) }
}

/// A private key to which others encrypt by ECDH-ES on P-256. Prints as `<redacted>`. Its key id is the thumbprint of its public key.
public struct KeyAgreementKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let key: P256.KeyAgreement.PrivateKey
  /// The public key, labelled with `kid`, `alg` = `ECDH-ES`, `use` = `enc`.
  public let publicJWK: JSONWebKey

  /// A new random key.
  public static func generate() -> KeyAgreementKey { KeyAgreementKey(P256.KeyAgreement.PrivateKey()) }

  /// The key of a scalar of 32 bytes, big-endian.
  ///
  /// - Throws: `JOSEError.keyInvalid`.
  public init(rawRepresentation: [UInt8]) throws(JOSEError) {
    do { self.init(try P256.KeyAgreement.PrivateKey(rawRepresentation: rawRepresentation)) } catch { throw .keyInvalid }
  }

  /// The key of a PEM text, PKCS#8 (`PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`).
  ///
  /// - Throws: `JOSEError.keyInvalid`.
  public init(pemRepresentation: String) throws(JOSEError) {
    do { self.init(try P256.KeyAgreement.PrivateKey(pemRepresentation: pemRepresentation)) } catch { throw .keyInvalid }
  }

  private init(_ key: P256.KeyAgreement.PrivateKey) {
    self.key = key
    let bare = JSONWebKey(p256: key.publicKey.rawRepresentation)
    publicJWK = bare.labelled(kid: bare.thumbprint, alg: "ECDH-ES", use: "enc")
  }

  /// The key id: the thumbprint of the public key.
  public var kid: String { publicJWK.thumbprint }

  /// The scalar, 32 bytes, for storing under a wrapping key.
  public var rawRepresentation: [UInt8] { Array(key.rawRepresentation) }

  /// PEM, PKCS#8, for storing in a file that only its owner reads.
  public var pemRepresentation: String { key.pemRepresentation }

  /// The public key as PEM `PUBLIC KEY`.
  public var publicPEMRepresentation: String { key.publicKey.pemRepresentation }

  /// Always `<redacted>`.
  public var description: String { "<redacted>" }
  /// Always `<redacted>`.
  public var debugDescription: String { "<redacted>" }
  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)](), displayStyle: .struct) }
}

/// A private RSA key to which others encrypt by RSA-OAEP-256. Prints as `<redacted>`. Its key id is the thumbprint of its public key.
public struct RSADecryptionKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let pem: String
  /// The public key, labelled with `kid`, `alg` = `RSA-OAEP-256`, `use` = `enc`.
  public let publicJWK: JSONWebKey

  /// The key of a PEM text, PKCS#1 or PKCS#8, 2048…4096 bits.
  ///
  /// - Throws: `JOSEError.keyInvalid`.
  public init(pemRepresentation: String) throws(JOSEError) {
    do {
      let numbers = try _RSA.Encryption.PrivateKey(pemRepresentation: pemRepresentation).publicKey.getKeyPrimitives()
      let bare = JSONWebKey(modulus: Array(numbers.modulus), exponent: Array(numbers.publicExponent))
      try bare.validate()
      pem = pemRepresentation
      publicJWK = bare.labelled(kid: bare.thumbprint, alg: "RSA-OAEP-256", use: "enc")
    } catch {
      throw .keyInvalid
    }
  }

  /// The key id: the thumbprint of the public key.
  public var kid: String { publicJWK.thumbprint }

  func decrypt(_ wrapped: [UInt8]) throws(JOSEError) -> [UInt8] {
    do {
      return Array(try _RSA.Encryption.PrivateKey(pemRepresentation: pem).decrypt(wrapped, padding: .PKCS1_OAEP_SHA256))
    } catch {
      throw .decryptionFailed
    }
  }

  /// Always `<redacted>`.
  public var description: String { "<redacted>" }
  /// Always `<redacted>`.
  public var debugDescription: String { "<redacted>" }
  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)](), displayStyle: .struct) }
}
