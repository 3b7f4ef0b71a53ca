import CitizenItems
import Foundation
import JLIS
import JPKI

extension SimulatedJLIS {
  /// Steps 6 and 7 of jpki.md §8: first whether the consent allows it, then whether there is news, then only what is consented.
  func latestItems(oldSigningSerial: [UInt8], serviceID: String, consentID: String) throws -> LatestItemsAnswer {
    let moment = now
    return try store.read { state in
      guard let old = state.certificate(.sign, serial: oldSigningSerial) else { throw JLISError.refused(.certificateUnknown) }
      guard let consent = state.consent(consentID), consent.serviceID == serviceID, consent.citizenID == old.citizenID else {
        return .notConsented
      }
      guard consent.cancellation == nil else { return .consentCancelled }
      guard consent.validFrom <= moment, moment < consent.validUntil else { return .notConsented }
      guard !old.isValid(at: moment) else { return .unchanged }
      let issued = state.certificates(of: old.citizenID, kind: .signing).filter { $0.authority == .sign }
      guard let newest = issued.last, newest.serial != old.serial, newest.isValid(at: moment), let items = newest.items else {
        return .notYetAvailable
      }
      guard Self.isNews(from: old, to: newest, among: issued) else { return .unchanged }
      guard let serial = Serial(Array(newest.serial)) else { throw JLISError.malformed }
      return .updated(try Self.partial(items, consented: consent.items), newSerial: serial)
    }
  }

  /// A renewal alone is no news. A change of content is, even where it was changed back since.
  private static func isNews(from old: CertificateRecord, to newest: CertificateRecord, among issued: [CertificateRecord]) -> Bool {
    guard old.items == newest.items else { return true }
    let since = issued.drop { $0.serial != old.serial }
    return since.contains { $0.revocation?.reason == .affiliationChanged }
  }

  private static func partial(_ items: CertifiedItems, consented: Set<String>) throws -> PartialItems {
    let covers: (Item) -> Bool = { consented.contains($0.rawValue) }
    do {
      return PartialItems(
        name: covers(.name) ? try CertifiedText(text: items.name.text, flags: items.name.substitutes) : nil,
        address: covers(.address) ? try CertifiedText(text: items.address.text, flags: items.address.substitutes) : nil,
        dateOfBirth: covers(.dateOfBirth) ? try DateOfBirth(jpki: items.dateOfBirth) : nil,
        sex: covers(.sex) ? try Sex(jpki: items.sex) : nil)
    } catch {
      throw JLISError.malformed
    }
  }
}
