import CitizenItems
import Crypto
public import Foundation
import JLIS
import JPKI

/// A consent as the simulator's J-LIS holds it, for people at its controls.
public struct RegisteredConsent: Sendable, Codable, Equatable {
  /// The operator's id.
  public let consentID: String
  /// The service that it is given for.
  public let serviceID: String
  /// Since when J-LIS has it.
  public let receivedAt: Date
  /// Since when it is cancelled; nil while it stands.
  public let cancelledAt: Date?
}

extension SimulatedJLIS {
  /// How long a consent may count: ten years from the day after (jpki.md §8), and a little for calendars.
  private static let longestValiditySeconds = Double(10 * 366 + 2) * 86_400
  private static let largestStatementBytes = 65_536
  private static let cancellationsPerPage = 100

  // MARK: Through the operator

  func registerConsent(_ consent: ForwardedConsent) throws -> ConsentReception {
    try Self.check(consentID: consent.consentID, serviceID: consent.serviceID, statement: consent.statement)
    let validFrom = Self.wholeSeconds(consent.validFrom)
    let validUntil = Self.wholeSeconds(consent.validUntil)
    let validity = validUntil.timeIntervalSince(validFrom)
    guard !consent.items.isEmpty, validity > 0, validity <= Self.longestValiditySeconds else { throw JLISError.refused(.invalidRequest) }
    let fingerprint = Self.fingerprint(consent)
    let moment = now
    // Before the certificate is looked at: a repetition is answered also when the certificate has ended meanwhile.
    if let known = try store.read({ $0.consent(consent.consentID) }), !Self.isRenewed(known, by: consent) {
      return try Self.repeated(known, fingerprint)
    }
    let citizenID = try signer(of: consent.statement, signature: consent.signature, certificate: consent.certificate, at: moment)
    return try store.change { state in
      if let known = state.consent(consent.consentID) {
        guard Self.isRenewed(known, by: consent) else { return try Self.repeated(known, fingerprint) }
        guard citizenID == known.citizenID else { throw JLISError.refused(.notTheSamePerson) }
        return Self.reception(state.renew(consent.consentID, fingerprint: fingerprint, receivedAt: moment, validUntil: validUntil) ?? known)
      }
      let record = ConsentRecord(
        consentID: consent.consentID, serviceID: consent.serviceID, citizenID: citizenID, items: Set(consent.items.map(\.rawValue)),
        reference: "SIM-C\(CivilTime.padded(state.consents.count + 1, 8))", fingerprint: fingerprint, receivedAt: moment,
        validFrom: validFrom,
        validUntil: validUntil)
      state.add(record)
      return Self.reception(record)
    }
  }

  func cancelConsent(_ cancellation: ForwardedCancellation) throws -> CancellationReception {
    try Self.check(consentID: cancellation.consentID, serviceID: cancellation.serviceID, statement: cancellation.statement)
    let known = try store.read { $0.consent(cancellation.consentID) }
    guard let known, known.serviceID == cancellation.serviceID else { throw JLISError.refused(.consentUnknown) }
    if let done = known.cancellation { return CancellationReception(reference: done.reference, cancelledAt: done.at) }
    let moment = now
    let citizenID = try signer(
      of: cancellation.statement, signature: cancellation.signature, certificate: cancellation.certificate, at: moment)
    guard citizenID == known.citizenID else { throw JLISError.refused(.notTheSamePerson) }
    return try store.change { state in
      state.cancel(consentID: cancellation.consentID, at: moment, directly: false)
      guard let done = state.consent(cancellation.consentID)?.cancellation else { throw JLISError.refused(.consentUnknown) }
      return CancellationReception(reference: done.reference, cancelledAt: done.at)
    }
  }

  /// The cursor is the number of the last cancellation seen: numbers run through all services, in the order of arrival.
  func cancellations(serviceID: String, after cursor: String?) throws -> CancellationPage {
    guard let after = cursor.map({ Int($0) }) ?? 0, after >= 0 else { throw JLISError.refused(.invalidRequest) }
    return try store.read { state in
      let waiting = state.consents
        .compactMap { consent in consent.cancellation.map { (consent, $0) } }
        .filter { $0.0.serviceID == serviceID && $0.1.number > after }
        .sorted { $0.1.number < $1.1.number }
      let page = waiting.prefix(Self.cancellationsPerPage)
      return CancellationPage(
        cancellations: page.map { CancelledConsent(consentID: $0.0.consentID, cancelledAt: $0.1.at, directly: $0.1.directly) },
        cursor: String(page.last?.1.number ?? after), hasMore: waiting.count > page.count)
    }
  }

  // MARK: By the citizen, at J-LIS

  /// A citizen's consents, in the order in which J-LIS received them.
  public func consents(of citizenID: String) throws -> [RegisteredConsent] {
    try store.read { state in
      guard state.citizen(citizenID) != nil else { throw SimulatorRefusal.citizenUnknown }
      return state.consents.filter { $0.citizenID == citizenID }.map {
        RegisteredConsent(consentID: $0.consentID, serviceID: $0.serviceID, receivedAt: $0.receivedAt, cancelledAt: $0.cancellation?.at)
      }
    }
  }

  /// The citizen cancels at J-LIS directly (jpki.md §8): the operator learns of it by asking for cancellations. May be repeated.
  public func cancelConsentDirectly(_ consentID: String, by citizenID: String) throws {
    let moment = now
    try store.change { state in
      guard state.consent(consentID)?.citizenID == citizenID else { throw SimulatorRefusal.consentUnknown }
      state.cancel(consentID: consentID, at: moment, directly: true)
    }
  }

  // MARK: Checks

  /// The citizen who signed `statement`: the certificate must be one that this J-LIS issued for signing, valid now, and the signature its key's.
  private func signer(of statement: [UInt8], signature: [UInt8], certificate: [UInt8], at moment: Date) throws -> String {
    let record = try store.read { state in state.certificate(.sign, der: certificate) }
    guard let record else { throw JLISError.refused(.certificateNotValid) }
    guard record.revocation == nil else { throw JLISError.refused(.certificateRevoked) }
    guard record.isValid(at: moment) else { throw JLISError.refused(.certificateNotValid) }
    guard try vault.key(record.keyID).isValid(signature, over: statement) else { throw JLISError.refused(.signatureInvalid) }
    return record.citizenID
  }

  private static func check(consentID: String, serviceID: String, statement: [UInt8]) throws {
    let plain: (String, Int) -> Bool = { text, limit in
      (1...limit).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
    guard plain(consentID, 128), plain(serviceID, 64), (1...largestStatementBytes).contains(statement.count) else {
      throw JLISError.refused(.invalidRequest)
    }
  }

  /// The same person may sign the same again: a consent that stands then counts until later (our own reading: sources say nothing of it).
  private static func isRenewed(_ known: ConsentRecord, by consent: ForwardedConsent) -> Bool {
    known.cancellation == nil && known.serviceID == consent.serviceID && known.items == Set(consent.items.map(\.rawValue))
      && wholeSeconds(consent.validUntil) > known.validUntil
  }

  private static func repeated(_ known: ConsentRecord, _ fingerprint: Data) throws -> ConsentReception {
    guard known.fingerprint == fingerprint else { throw JLISError.refused(.consentConflict) }
    return reception(known)
  }

  private static func reception(_ record: ConsentRecord) -> ConsentReception {
    ConsentReception(reference: record.reference, receivedAt: record.receivedAt, validFrom: record.validFrom, validUntil: record.validUntil)
  }

  private static func wholeSeconds(_ date: Date) -> Date { Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down)) }

  /// Every field with its length in front, so that no two contents share a fingerprint.
  private static func fingerprint(_ consent: ForwardedConsent) -> Data {
    var hash = SHA256()
    let times = [consent.validFrom, consent.validUntil].map { String(Int($0.timeIntervalSince1970.rounded(.down))) }
    let texts = [consent.serviceID] + times + consent.items.map(\.rawValue).sorted()
    for field in texts.map({ Array($0.utf8) }) + [consent.statement, consent.signature, consent.certificate] {
      hash.update(data: Array("\(field.count):".utf8))
      hash.update(data: field)
    }
    return Data(hash.finalize())
  }
}
