public import CitizenItems
public import Foundation

/// A person's consent to latest items as the operator forwards it to J-LIS (jpki.md §8). Prints as `<redacted>`.
/// The operator keeps neither certificate nor signature once J-LIS has acknowledged.
public struct ForwardedConsent: Redacted {
  /// The operator's id of this consent: 1…128 printable ASCII characters; the key under which repeating is safe.
  public let consentID: String
  /// The service id that J-LIS gave to the tenant's service: 1…64 printable ASCII characters.
  public let serviceID: String
  /// The items agreed to, each one individually; not empty.
  public let items: Set<Item>
  /// Exactly the bytes that were signed (`toBeSigned`); at most 64 KiB.
  public let statement: [UInt8]
  /// RSASSA-PKCS1-v1_5 with SHA-256 over `statement`.
  public let signature: [UInt8]
  /// The signing certificate, DER.
  public let certificate: [UInt8]
  /// The consent counts from this moment (whole seconds; a fraction is dropped).
  public let validFrom: Date
  /// The consent counts until this moment, not included (whole seconds; a fraction is dropped).
  public let validUntil: Date

  /// Takes the parts as they are; J-LIS is the one who checks them.
  public init(
    consentID: String, serviceID: String, items: Set<Item>, statement: [UInt8], signature: [UInt8], certificate: [UInt8], validFrom: Date,
    validUntil: Date
  ) {
    self.consentID = consentID
    self.serviceID = serviceID
    self.items = items
    self.statement = statement
    self.signature = signature
    self.certificate = certificate
    self.validFrom = validFrom
    self.validUntil = validUntil
  }
}

/// J-LIS has the consent: its own reference, when it came, and how long it counts.
public struct ConsentReception: Sendable, Equatable {
  /// J-LIS's reference of the reception, for enquiries.
  public let reference: String
  /// When J-LIS received the consent the first time.
  public let receivedAt: Date
  /// The consent counts from this moment.
  public let validFrom: Date
  /// The consent counts until this moment, not included.
  public let validUntil: Date

  /// A reception as J-LIS states it.
  public init(reference: String, receivedAt: Date, validFrom: Date, validUntil: Date) {
    self.reference = reference
    self.receivedAt = receivedAt
    self.validFrom = validFrom
    self.validUntil = validUntil
  }
}
