public import CitizenItems
public import Foundation

/// A person's cancellation (取消) of a consent, signed with the signing certificate in force, as the operator forwards it. Prints as `<redacted>`.
public struct ForwardedCancellation: Redacted {
  /// The operator's id of the consent.
  public let consentID: String
  /// The service id under which the consent was registered.
  public let serviceID: String
  /// Exactly the bytes that were signed; at most 64 KiB.
  public let statement: [UInt8]
  /// RSASSA-PKCS1-v1_5 with SHA-256 over `statement`.
  public let signature: [UInt8]
  /// The signing certificate, DER: the one of the consent or a later one of the same person.
  public let certificate: [UInt8]

  /// Takes the parts as they are; J-LIS is the one who checks them.
  public init(consentID: String, serviceID: String, statement: [UInt8], signature: [UInt8], certificate: [UInt8]) {
    self.consentID = consentID
    self.serviceID = serviceID
    self.statement = statement
    self.signature = signature
    self.certificate = certificate
  }
}

/// J-LIS has cancelled the consent.
public struct CancellationReception: Sendable, Equatable {
  /// J-LIS's reference of the cancellation, for enquiries.
  public let reference: String
  /// From this moment nothing is provided any more.
  public let cancelledAt: Date

  /// A reception as J-LIS states it.
  public init(reference: String, cancelledAt: Date) {
    self.reference = reference
    self.cancelledAt = cancelledAt
  }
}

/// One consent that has been cancelled, by whichever way.
public struct CancelledConsent: Sendable, Equatable {
  /// The operator's id of the consent.
  public let consentID: String
  /// From this moment nothing is provided any more.
  public let cancelledAt: Date
  /// Whether the person cancelled at J-LIS directly and not through the operator.
  public let directly: Bool

  /// An entry as J-LIS states it.
  public init(consentID: String, cancelledAt: Date, directly: Bool) {
    self.consentID = consentID
    self.cancelledAt = cancelledAt
    self.directly = directly
  }
}

/// A page of cancellations, in the order in which J-LIS received them.
public struct CancellationPage: Sendable, Equatable {
  /// At most 100.
  public let cancellations: [CancelledConsent]
  /// Where the next page begins: to be kept and given as `after`, also when this page is empty.
  public let cursor: String
  /// Whether more is waiting already.
  public let hasMore: Bool

  /// A page as J-LIS states it.
  public init(cancellations: [CancelledConsent], cursor: String, hasMore: Bool) {
    self.cancellations = cancellations
    self.cursor = cursor
    self.hasMore = hasMore
  }
}
