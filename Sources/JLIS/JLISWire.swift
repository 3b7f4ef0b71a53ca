import CitizenItems
import Foundation
import JPKI

/// How links, consents and latest items travel between ``JLISClient`` and the simulator: JSON over mutual TLS.
///
/// **This is our own wire format, `yonjo-sim/1`, and not J-LIS's**: theirs is under NDA. A client for the real interface will be another
/// conformance to ``JLISService``; nothing above this room knows the difference. Every answer says so in the header ``header``.
package enum JLISWire {
  /// The header of every request and answer, whose value is ``version``.
  package static let header = "Yonjo-Sim-Wire"
  /// Name and version of the format.
  package static let version = "yonjo-sim/1"
  /// No request is larger; statement and certificate in base64 within.
  package static let largestRequestBytes = 131_072
  /// No answer is larger.
  package static let largestAnswerBytes = 262_144

  /// The doors, all of them `POST`: nothing personal goes into a URL.
  package enum Door: String, CaseIterable, Sendable {
    /// ``LinkQuestion`` → ``LinkAnswer``.
    case links = "/sim/v1/links"
    /// ``SuccessorQuestion`` → ``SuccessorAnswer``.
    case successors = "/sim/v1/successors"
    /// ``SuccessorQuestion`` → ``SuccessorAnswer``: from a phone's certificate to the card's.
    case counterparts = "/sim/v1/counterparts"
    /// ``Consent`` → ``Reception``.
    case consents = "/sim/v1/consents"
    /// ``Cancellation`` → ``CancellationAnswer``.
    case cancel = "/sim/v1/consents/cancel"
    /// ``CancellationsQuestion`` → ``CancellationsAnswer``.
    case cancellations = "/sim/v1/cancellations"
    /// ``LatestItemsQuestion`` → ``LatestItems``.
    case latestItems = "/sim/v1/latest-items"
  }

  /// JSON with dates in RFC 3339 to the second.
  package static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }

  /// The same way back.
  package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try decoder.decode(type, from: Data(bytes))
  }

  /// A refusal; HTTP 4xx.
  package struct Refusal: Codable, Sendable {
    package let code: String
    package init(_ refusal: JLISRefusal) { code = refusal.rawValue }
  }

  /// Serials as hexadecimal digits.
  package struct LinkQuestion: Codable, Sendable {
    package let signing: String
    package let authentication: String
    package init(signing: String, authentication: String) {
      self.signing = signing
      self.authentication = authentication
    }
  }

  package struct LinkAnswer: Codable, Sendable {
    package let belongTogether: Bool
    package init(belongTogether: Bool) { self.belongTogether = belongTogether }
  }

  package struct SuccessorQuestion: Codable, Sendable {
    package let serial: String
    /// `signing` or `authentication`.
    package let kind: String
    package init(serial: String, kind: String) {
      self.serial = serial
      self.kind = kind
    }
  }

  package struct SuccessorAnswer: Codable, Sendable {
    package let successor: String?
    package init(successor: String?) { self.successor = successor }
  }

  package struct CancellationsQuestion: Codable, Sendable {
    package let serviceId: String
    package let after: String?
    package init(serviceId: String, after: String?) {
      self.serviceId = serviceId
      self.after = after
    }
  }

  package struct CancellationsAnswer: Codable, Sendable {
    package let cancellations: [Entry]
    package let cursor: String
    package let hasMore: Bool

    package struct Entry: Codable, Sendable {
      let consentId: String
      let cancelledAt: Date
      let directly: Bool
    }

    package init(_ page: CancellationPage) {
      cancellations = page.cancellations.map { Entry(consentId: $0.consentID, cancelledAt: $0.cancelledAt, directly: $0.directly) }
      cursor = page.cursor
      hasMore = page.hasMore
    }

    var page: CancellationPage {
      CancellationPage(
        cancellations: cancellations.map { CancelledConsent(consentID: $0.consentId, cancelledAt: $0.cancelledAt, directly: $0.directly) },
        cursor: cursor, hasMore: hasMore)
    }
  }

  package struct LatestItemsQuestion: Codable, Sendable {
    package let oldSigningSerial: String
    package let serviceId: String
    package let consentId: String
    package init(oldSigningSerial: String, serviceId: String, consentId: String) {
      self.oldSigningSerial = oldSigningSerial
      self.serviceId = serviceId
      self.consentId = consentId
    }
  }
}
