import Foundation
import JPKI

/// A full certificate revocation list of one authority (RFC 5280 §5), version 2.
///
/// J-LIS publishes daily (jpki.md §6). The simulator's list begins with the day in Japan and is made anew at once when something is revoked, so
/// that nobody has to wait until tomorrow. Expired certificates drop out.
struct RevocationListContent: Sendable {
  let number: UInt64
  let thisUpdate: Date
  let nextUpdate: Date
  let entries: [Entry]

  struct Entry: Sendable {
    let serial: [UInt8]
    let revokedAt: Date
    let reason: RevocationReason
  }

  /// What `state` says of one authority at `moment`.
  ///
  /// The number is days since 1970 in Japan plus revocations made: it grows by the day and by each revocation, and is the same for every
  /// process that reads the same state, without anyone having to write it down.
  init(_ state: SimulatorState, authority: AuthorityName, at moment: Date) {
    let today = CivilTime(moment, offsetSeconds: CivilTime.japanOffsetSeconds)
    let dayBegins = CivilTime(year: today.year, month: today.month, day: today.day).date(offsetSeconds: CivilTime.japanOffsetSeconds)
    let japanDays = Int((dayBegins.timeIntervalSince1970 + Double(CivilTime.japanOffsetSeconds)) / 86_400)
    number = UInt64(max(0, japanDays + (state.revocationCounts[authority.rawValue] ?? 0)))
    thisUpdate = min(moment, max(dayBegins, state.lastRevocations[authority.rawValue] ?? dayBegins))
    nextUpdate = dayBegins.addingTimeInterval(2 * 86_400)
    entries = state.revoked(by: authority).compactMap { certificate in
      guard let revocation = certificate.revocation, certificate.notAfter >= moment else { return nil }
      return Entry(serial: Array(certificate.serial), revokedAt: revocation.at, reason: revocation.reason)
    }
  }

  init(number: UInt64, thisUpdate: Date, nextUpdate: Date, entries: [Entry]) {
    self.number = number
    self.thisUpdate = thisUpdate
    self.nextUpdate = nextUpdate
    self.entries = entries
  }

  /// DER, signed with `key`; `issuer` is the name and key that the list claims.
  func signed(issuer: IssuerIdentity, key: RSAKey) throws -> [UInt8] {
    let extensions = [
      Extension(
        identifier: .authorityKeyIdentifier, critical: false, value: .sequence(.implicitPrimitive(0, issuer.keyIdentifier))),
      Extension(identifier: .cRLNumber, critical: false, value: .integer(number)),
    ]
    var parts: [DER] = [.integer(1), .sha256WithRSAAlgorithm, issuer.name.der, .time(thisUpdate), .time(nextUpdate)]
    // An empty list of entries is left out altogether (RFC 5280 §5.1.2.6).
    if !entries.isEmpty { parts.append(.sequence(entries.map(\.der))) }
    parts.append(.explicit(0, .sequence(extensions.map(\.der))))
    let content = DER.sequence(parts)
    return DER.sequence(content, .sha256WithRSAAlgorithm, .bitString(try key.signature(over: content.bytes))).bytes
  }
}

extension RevocationListContent.Entry {
  /// The reason is left out where it is `unspecified` (RFC 5280 §5.3.1).
  var der: DER {
    let reasons = reason == .unspecified ? [] : [Extension(identifier: .reasonCode, critical: false, value: .enumerated(reason.code))]
    let parts: [DER] = [.integer(serial), .time(revokedAt)]
    return .sequence(reasons.isEmpty ? parts : parts + [.sequence(reasons.map(\.der))])
  }
}
