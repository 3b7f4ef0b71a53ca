internal import Crypto
public import Foundation
internal import JOSE

/// An audit event as the log commits to it: bytes that anybody can make again from what a proof or an export shows, and nothing else (version 1).
///
/// `"yonjo-audit-entry/1"`, then each field in the order of ``fields``: 0 where it is absent, else 1, its length in 4 bytes, big-endian, and its bytes.
/// Ids are written as everywhere (`aud_…`), the time as microseconds since 1970-01-01T00:00:00Z in decimal digits, texts in UTF-8.
///
/// The exact outcome and the detail may say more of a certificate than a `notVerifier` tenant may know (jpki.md §9), so that of both only a salted
/// digest is part of the entry, beside the outcome as every tenant may see it. Who may see them gets the salt, and verifies them too.
public struct AuditEntry: Sendable, Equatable {
  /// The tenant whose log it is in.
  public var tenant: String
  /// The event's id.
  public var id: String
  /// When: microseconds since 1970-01-01T00:00:00Z.
  public var microseconds: Int64
  /// What happened.
  public var kind: String
  /// Who did it.
  public var actor: String
  /// Whom it was about, by opaque id.
  public var subject: String?
  /// What was acted on, where it is no subject.
  public var object: String?
  /// Why, where the law asks for a purpose.
  public var purpose: String?
  /// The outcome as every tenant may see it.
  public var told: String
  /// The request that did it.
  public var requestID: String?
  /// ``withheld(outcome:detail:salt:)``.
  public var withheld: [UInt8]

  /// Names all of it.
  public init(
    tenant: String, id: String, microseconds: Int64, kind: String, actor: String, subject: String?, object: String?, purpose: String?,
    told: String, requestID: String?, withheld: [UInt8]
  ) {
    self.tenant = tenant
    self.id = id
    self.microseconds = microseconds
    self.kind = kind
    self.actor = actor
    self.subject = subject
    self.object = object
    self.purpose = purpose
    self.told = told
    self.requestID = requestID
    self.withheld = withheld
  }

  /// The first bytes of every entry.
  public static let label = "yonjo-audit-entry/1"
  /// The first bytes of what the digest of the withheld part is taken over.
  public static let withheldLabel = "yonjo-audit-withheld/1"

  /// Names of the fields in their order, for documents.
  public static let fields = [
    "tenant", "id", "at", "kind", "actor", "subjectId", "object", "purpose", "toldOutcome", "requestId", "withheld",
  ]

  /// What the leaf of the tree is the hash of.
  public var bytes: [UInt8] {
    var out = Array(Self.label.utf8)
    out.reserveCapacity(320)
    for text in [tenant, id, String(microseconds), kind, actor] as [String] { Self.append(text.utf8, to: &out) }
    for text in [subject, object, purpose, told, requestID] {
      if let text { Self.append(text.utf8, to: &out) } else { out.append(0) }
    }
    Self.append(withheld, to: &out)
    return out
  }

  /// SHA-256 over the label and, each with its length before it, the salt, the outcome and names and values of the detail, sorted by name.
  ///
  /// - Parameter salt: 32 bytes that only this event has, and only who may see the outcome learns.
  public static func withheld(outcome: String, detail: [String: String], salt: [UInt8]) -> [UInt8] {
    var out = Array(withheldLabel.utf8)
    append(salt, to: &out)
    append(outcome.utf8, to: &out)
    for (name, value) in detail.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      append(name.utf8, to: &out)
      append(value.utf8, to: &out)
    }
    return Array(SHA256.hash(data: out))
  }

  private static func append(_ field: some Collection<UInt8>, to out: inout [UInt8]) {
    let length = UInt32(field.count)
    out.append(1)
    for shift in [24, 16, 8, 0] as [UInt32] { out.append(UInt8(truncatingIfNeeded: length >> shift)) }
    out.append(contentsOf: field)
  }
}

/// Outcomes as a tenant may see them that is no verifier (jpki.md §9). Part of every entry of the log: a change needs a new version of it.
public enum ToldOutcome {
  /// Outcomes that say nothing of a certificate's standing.
  private static let open: Set<String> = [
    "ok", "signatureInvalid", "itemsMismatch", "unknownSubject", "matched", "notMatched", "known", "unknown", "active", "deleted",
    "suspended", "resumed",
  ]
  /// States of a pair that are one to such a tenant.
  private static let inactive: Set<String> = ["needsDecision", "stale", "pending", "decisionOverdue"]

  /// The outcome itself, or the one word that stands for all that are not told apart.
  public static func of(_ outcome: String) -> String {
    open.contains(outcome) ? outcome : inactive.contains(outcome) ? "inactive" : "notConfirmed"
  }
}

/// A month of UTC, `2026-04`: the period of one log.
public struct AuditMonth: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Months since the year 0.
  let number: Int

  init(number: Int) { self.number = number }

  /// The month that a time lies in.
  public init(_ date: Date) {
    let days = Int64((date.timeIntervalSince1970 / 86_400).rounded(.down))
    // Years begin in March, so that the leap day comes last.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    number = Int(year * 12 + month - 1)
  }

  /// Reads `2026-04`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == 4, parts[1].utf8.count == 2, let year = Int(parts[0]), let month = Int(parts[1]),
      year >= 0, (1...12).contains(month)
    else { return nil }
    number = year * 12 + month - 1
    guard description == text else { return nil }
  }

  /// The month after it.
  public var next: AuditMonth { AuditMonth(number: number + 1) }

  /// `2026-04`.
  public var description: String {
    let year = String(number / 12)
    let month = number % 12 + 1
    return String(repeating: "0", count: max(0, 4 - year.count)) + year + (month < 10 ? "-0" : "-") + String(month)
  }

  /// By time.
  public static func < (left: AuditMonth, right: AuditMonth) -> Bool { left.number < right.number }
}
