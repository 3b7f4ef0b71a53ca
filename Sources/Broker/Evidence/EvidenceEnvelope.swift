public import CitizenItems
internal import Crypto
public import Foundation
internal import JOSE
internal import JPKI

/// What an evidence envelope (証跡原本) is kept for.
public enum EvidenceKind: String, Sendable, Codable, CaseIterable {
  /// Of an onboarding: the confirmation of a person's identity (犯収法施行規則6条).
  case identityConfirmation
  /// Of a document that was signed.
  case documentSignature
}

/// An evidence envelope as it may be seen without being opened.
public struct EvidenceEnvelope: Sendable {
  /// The envelope.
  public let id: EvidenceID
  /// The verification whose evidence is inside.
  public let verificationID: VerificationID
  /// Whose it is; nil for a person whom the tenant does not know.
  public let subjectID: SubjectID?
  /// What it is kept for.
  public let kind: EvidenceKind
  /// The offline key that opens it.
  public let keyID: String
  /// When it was sealed.
  public let createdAt: Date
  /// When the contract ended; nil while it stands, or where nobody said.
  public let contractEndedAt: Date?
  /// When it is shredded; nil while the contract stands.
  public let retainUntil: Date?
  /// When it was shredded; nil while it can be opened.
  public let shreddedAt: Date?
}

/// What an evidence envelope holds: enough to prove the signature again with nothing but the roots. Prints as `<redacted>`: the certificate holds items.
public struct EvidencePayload: Codable, Redacted {
  /// What the members mean.
  static let schema = "yonjo-evidence/1"

  let schema: String
  let tenantID: String
  let verificationID: String
  let kind: EvidenceKind
  let checkedAt: Date
  /// Exactly the bytes that the card was asked to sign; nil where only a digest was at hand.
  let toBeSigned: Data?
  /// SHA-256 of the document; nil where the signed bytes are here.
  let documentDigest: Data?
  let main: SignedPart
  /// The authentication certificate's part, where there was one.
  let authentication: SignedPart?
  let revocation: RevocationWord

  /// A signature with its certificate.
  struct SignedPart: Codable {
    let format: String
    let signature: Data
    let certificate: Data?

    init(_ part: CardMaterial.Part) {
      format = part.format.rawValue
      signature = Data(part.signature)
      certificate = part.certificate.map { Data($0) }
    }
  }

  /// What was said of the certificate's revocation, and by what it is proven.
  struct RevocationWord: Codable {
    let method: String
    let sourceTime: Date?
    let isUnderOverride: Bool
    /// The responder's signed answer, DER; nil where a list spoke, which is too large to keep: its time stands in for it.
    let ocspResponse: Data?

    init(_ decision: RevocationDecision) {
      method = decision.method.rawValue
      sourceTime = decision.sourceTime
      isUnderOverride = decision.isUnderOverride
      ocspResponse = decision.proof.map { Data($0) }
    }
  }
}

/// The public half of the offline key, to which evidence is sealed: HPKE (RFC 9180), DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
///
/// A sealed envelope is format (1), the encapsulated key (65 bytes), the ciphertext. `info` is `yonjo-evidence/1`; the AAD names tenant, envelope,
/// verification and kind, so that none can be put in another's place.
public struct EvidencePublicKey: Sendable {
  static let format: UInt8 = 1
  static let encapsulatedBytes = 65
  static let info = Data("yonjo-evidence/1".utf8)
  static let suite = HPKE.Ciphersuite.P256_SHA256_AES_GCM_256

  /// SHA-256 of the public point, base64url.
  public let id: String
  private let key: P256.KeyAgreement.PublicKey

  /// From PEM (SubjectPublicKeyInfo, P-256), as `openssl pkey -pubout` writes it.
  ///
  /// - Throws: what CryptoKit throws for other keys.
  public init(pemRepresentation: String) throws { self.init(try P256.KeyAgreement.PublicKey(pemRepresentation: pemRepresentation)) }

  init(_ key: P256.KeyAgreement.PublicKey) {
    self.key = key
    id = Self.id(of: key)
  }

  static func id(of key: P256.KeyAgreement.PublicKey) -> String { Base64URL.encode(Array(key.x963Representation).sha256) }

  static func place(tenant: TenantID, envelope: EvidenceID, verification: VerificationID, kind: EvidenceKind) -> Data {
    Data("\(tenant)/\(envelope)/\(verification)/\(kind.rawValue)".utf8)
  }

  /// Some hundred microseconds.
  func seal(_ plain: [UInt8], place: Data) throws -> [UInt8] {
    var sender = try HPKE.Sender(recipientKey: key, ciphersuite: Self.suite, info: Self.info)
    let sealed = try sender.seal(plain, authenticating: place)
    return [Self.format] + Array(sender.encapsulatedKey) + Array(sealed)
  }
}

/// The private half, which lies offline and is brought for an opening. Prints as `<redacted>`.
public struct EvidencePrivateKey: Sendable, Redacted {
  private let key: P256.KeyAgreement.PrivateKey

  /// From PEM (P-256).
  ///
  /// - Throws: what CryptoKit throws for other keys.
  public init(pemRepresentation: String) throws { key = try P256.KeyAgreement.PrivateKey(pemRepresentation: pemRepresentation) }

  /// The id of its public half.
  public var id: String { EvidencePublicKey.id(of: key.publicKey) }

  /// - Throws: `KeyError.damaged` for another key, another place, and changed bytes alike.
  func open(_ sealed: [UInt8], place: Data) throws(KeyError) -> [UInt8] {
    let head = 1 + EvidencePublicKey.encapsulatedBytes
    guard sealed.count > head, sealed[0] == EvidencePublicKey.format else { throw .damaged }
    do {
      var recipient = try HPKE.Recipient(
        privateKey: key, ciphersuite: EvidencePublicKey.suite, info: EvidencePublicKey.info, encapsulatedKey: Data(sealed[1..<head]))
      return Array(try recipient.open(sealed[head...], authenticating: place))
    } catch {
      throw .damaged
    }
  }
}
