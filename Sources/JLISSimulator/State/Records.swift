import Foundation
import JPKI

/// A root with its OCSP responder. Keys are named, not held.
struct AuthorityRecord: Codable, Sendable {
  let name: AuthorityName
  let serial: Data
  let certificate: Data
  let keyID: String
  let responderCertificate: Data
  let responderKeyID: String
}

/// The two authorities, and two of the same names with other keys whom nobody should believe.
enum AuthorityName: String, Codable, Sendable, CaseIterable {
  case sign, auth, rogueSign, rogueAuth

  var kind: CertificateKind {
    switch self {
    case .sign, .rogueSign: .signing
    case .auth, .rogueAuth: .authentication
    }
  }

  static func genuine(_ kind: CertificateKind) -> AuthorityName {
    switch kind {
    case .signing: .sign
    case .authentication: .auth
    }
  }

  static func rogue(_ kind: CertificateKind) -> AuthorityName {
    switch kind {
    case .signing: .rogueSign
    case .authentication: .rogueAuth
    }
  }
}

/// A person in the resident register.
struct CitizenRecord: Codable, Sendable {
  let id: String
  var items: CertifiedItems
  var diedAt: Date?
}

/// A certificate that was issued, whatever became of it.
struct CertificateRecord: Codable, Sendable {
  let authority: AuthorityName
  let serial: Data
  let citizenID: String
  let der: Data
  let keyID: String
  let notBefore: Date
  let notAfter: Date
  let municipality: String
  /// What a signing certificate certifies; nil in authentication certificates.
  let items: CertifiedItems?
  /// The serial of the certificate that this one follows.
  let predecessor: Data?
  /// What the key lives in, as ``JPKI/CardMedium`` names it; nil: the card.
  var medium: String?
  var revocation: Revocation?

  var cardMedium: CardMedium { medium.flatMap(CardMedium.init(rawValue:)) ?? .card }

  struct Revocation: Codable, Sendable, Equatable {
    let at: Date
    let reason: RevocationReason
  }

  func isValid(at moment: Date) -> Bool { notBefore <= moment && moment <= notAfter && revocation == nil }
}

/// J-LIS's copy of a consent.
struct ConsentRecord: Codable, Sendable {
  let consentID: String
  let serviceID: String
  let citizenID: String
  let items: Set<String>
  let reference: String
  /// SHA-256 over the whole content, to know a repetition from a conflict.
  var fingerprint: Data
  var receivedAt: Date
  let validFrom: Date
  var validUntil: Date
  var cancellation: Cancellation?

  struct Cancellation: Codable, Sendable {
    let number: Int
    let at: Date
    let reference: String
    let directly: Bool
  }
}
