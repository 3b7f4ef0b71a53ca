import Foundation
import JPKI

/// A certificate revocation list of one authority (RFC 5280 §5), version 2: all of it, or the part of one municipality.
///
/// J-LIS publishes daily (jpki.md §6). The simulator's list begins with the day in Japan and is made anew at once when something is revoked, so
/// that nobody has to wait until tomorrow. Expired certificates drop out.
struct RevocationListContent: Sendable {
  var number: UInt64
  var thisUpdate: Date
  var nextUpdate: Date
  var entries: [Entry]
  /// Whose part it is; nil: all of it.
  var part: DistinguishedName?
  /// Whether it says that it is indirect, which it is not.
  var isIndirect = false
  /// Further extensions.
  var extensions: [Extension] = []

  struct Entry: Sendable {
    var serial: [UInt8]
    let revokedAt: Date
    let reason: RevocationReason
  }

  /// What `state` says of one authority at `moment`.
  ///
  /// The number is days since 1970 in Japan plus revocations made: it grows by the day and by each revocation, and is the same for every
  /// process that reads the same state, without anyone having to write it down.
  init(_ state: SimulatorState, authority: AuthorityName, municipality: Municipality? = nil, at moment: Date) {
    let today = CivilTime(moment, offsetSeconds: CivilTime.japanOffsetSeconds)
    let dayBegins = CivilTime(year: today.year, month: today.month, day: today.day).date(offsetSeconds: CivilTime.japanOffsetSeconds)
    let japanDays = Int((dayBegins.timeIntervalSince1970 + Double(CivilTime.japanOffsetSeconds)) / 86_400)
    number = UInt64(max(0, japanDays + (state.revocationCounts[authority.rawValue] ?? 0)))
    thisUpdate = min(moment, max(dayBegins, state.lastRevocations[authority.rawValue] ?? dayBegins))
    nextUpdate = dayBegins.addingTimeInterval(2 * 86_400)
    entries = state.revoked(by: authority).compactMap { certificate in
      guard let revocation = certificate.revocation, certificate.notAfter >= moment else { return nil }
      if let municipality, certificate.municipality != municipality.code { return nil }
      return Entry(serial: Array(certificate.serial), revokedAt: revocation.at, reason: revocation.reason)
    }
    part = municipality.map { AuthorityNames.distributionPoint(authority.kind, $0) }
  }

  /// IssuingDistributionPoint (RFC 5280 §5.2.5), critical; nil for a list that is all of it.
  private var issuingDistributionPoint: Extension? {
    guard part != nil || isIndirect else { return nil }
    var fields: [DER] = []
    if let part { fields.append(.context(0, DER.context(0, part.generalName.bytes).bytes)) }
    if isIndirect { fields.append(.implicitPrimitive(4, [0xFF])) }
    return Extension(identifier: .issuingDistributionPoint, critical: true, value: .sequence(fields))
  }

  /// All of the list's extensions, under their tag.
  func encodedExtensions(of issuer: IssuerIdentity) -> DER {
    let all =
      [
        Extension(
          identifier: .authorityKeyIdentifier, critical: false, value: .sequence(.implicitPrimitive(0, issuer.keyIdentifier))),
        Extension(identifier: .cRLNumber, critical: false, value: .integer(number)),
      ] + (issuingDistributionPoint.map { [$0] } ?? []) + extensions
    return .explicit(0, .sequence(all.map(\.der)))
  }

  /// DER, signed with `key`; `issuer` is the name and key that the list claims.
  func signed(issuer: IssuerIdentity, key: RSAKey) throws -> [UInt8] {
    var parts: [DER] = [.integer(1), .sha256WithRSAAlgorithm, issuer.name.der, .time(thisUpdate), .time(nextUpdate)]
    // An empty list of entries is left out altogether (RFC 5280 §5.1.2.6).
    if !entries.isEmpty { parts.append(.sequence(entries.map(\.der))) }
    parts.append(encodedExtensions(of: issuer))
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
