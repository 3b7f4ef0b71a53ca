import CitizenItems
import Foundation

extension JLISWire {
  /// A ``ForwardedConsent``; bytes in base64.
  package struct Consent: Codable, Sendable {
    let consentId: String
    let serviceId: String
    let items: [Item]
    let statement: Data
    let signature: Data
    let certificate: Data
    let validFrom: Date
    let validUntil: Date

    package init(_ consent: ForwardedConsent) {
      consentId = consent.consentID
      serviceId = consent.serviceID
      items = consent.items.sorted { $0.rawValue < $1.rawValue }
      statement = Data(consent.statement)
      signature = Data(consent.signature)
      certificate = Data(consent.certificate)
      // Rounded down here: a formatter might round up, and the consent would not count yet in its first second.
      validFrom = Self.wholeSeconds(consent.validFrom)
      validUntil = Self.wholeSeconds(consent.validUntil)
    }

    private static func wholeSeconds(_ date: Date) -> Date { Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down)) }

    package var consent: ForwardedConsent {
      ForwardedConsent(
        consentID: consentId, serviceID: serviceId, items: Set(items), statement: Array(statement), signature: Array(signature),
        certificate: Array(certificate), validFrom: validFrom, validUntil: validUntil)
    }
  }

  /// A ``ConsentReception``.
  package struct Reception: Codable, Sendable {
    let reference: String
    let receivedAt: Date
    let validFrom: Date
    let validUntil: Date

    package init(_ reception: ConsentReception) {
      reference = reception.reference
      receivedAt = reception.receivedAt
      validFrom = reception.validFrom
      validUntil = reception.validUntil
    }

    var reception: ConsentReception {
      ConsentReception(reference: reference, receivedAt: receivedAt, validFrom: validFrom, validUntil: validUntil)
    }
  }

  /// A ``ForwardedCancellation``; bytes in base64.
  package struct Cancellation: Codable, Sendable {
    let consentId: String
    let serviceId: String
    let statement: Data
    let signature: Data
    let certificate: Data

    package init(_ cancellation: ForwardedCancellation) {
      consentId = cancellation.consentID
      serviceId = cancellation.serviceID
      statement = Data(cancellation.statement)
      signature = Data(cancellation.signature)
      certificate = Data(cancellation.certificate)
    }

    package var cancellation: ForwardedCancellation {
      ForwardedCancellation(
        consentID: consentId, serviceID: serviceId, statement: Array(statement), signature: Array(signature),
        certificate: Array(certificate))
    }
  }

  /// A ``CancellationReception``.
  package struct CancellationAnswer: Codable, Sendable {
    let reference: String
    let cancelledAt: Date

    package init(_ reception: CancellationReception) {
      reference = reception.reference
      cancelledAt = reception.cancelledAt
    }

    var reception: CancellationReception { CancellationReception(reference: reference, cancelledAt: cancelledAt) }
  }
}
