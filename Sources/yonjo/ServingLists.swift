import Broker
import BrokerAPI
import Foundation
import JPKI

extension ServingParts {
  /// How long a server waits for the first round of lists before it serves with what it has.
  private static let patience: TimeInterval = 60

  /// Whether both lists are here, in time and as new as those in force; logins go on by OCSP where the tenant's policy lets them.
  static func listsCheck(_ indexes: RevocationIndexes) -> HealthCheck {
    let started = Date()
    return HealthCheck("revocationLists") {
      let lists = indexes.summaries
      let isComplete = CertificateKind.allCases.allSatisfy { kind in lists.contains { $0.kind == kind } }
      if !isComplete, !indexes.hasRound, Date().timeIntervalSince(started) < patience {
        return .init(.down, detail: "the first lists are being fetched")
      }
      let now = Date()
      for alarm in indexes.alarms { return .init(.degraded, detail: "\(alarm.kind.rawValue) list: \(alarm.reason)") }
      for kind in CertificateKind.allCases {
        let own = lists.filter { $0.kind == kind }
        if own.isEmpty { return .init(.degraded, detail: "no \(kind.rawValue) list") }
        if own.contains(where: { $0.nextUpdate <= now }) { return .init(.degraded, detail: "\(kind.rawValue) list expired") }
        if own.contains(where: \.isBehind) { return .init(.degraded, detail: "\(kind.rawValue) list behind the one in force") }
      }
      return .init(.up)
    }
  }

  /// Age and size of the lists in use, by kind.
  static func listGauges(_ indexes: RevocationIndexes) -> [GaugeSource] {
    CertificateKind.allCases.flatMap { kind in
      let dimensions = [("kind", kind.rawValue)]
      return [
        GaugeSource("yonjo_revocation_list_age_seconds", dimensions: dimensions) { indexes.age(kind) ?? .nan },
        GaugeSource("yonjo_revocation_list_entries", dimensions: dimensions) {
          Double(indexes.summaries.filter { $0.kind == kind }.reduce(0) { $0 + $1.entries })
        },
        GaugeSource("yonjo_revocation_lists", dimensions: dimensions) { Double(indexes.summaries.filter { $0.kind == kind }.count) },
        GaugeSource("yonjo_revocation_lists_behind", dimensions: dimensions) {
          Double(indexes.summaries.filter { $0.kind == kind && $0.isBehind }.count)
        },
        GaugeSource("yonjo_revocation_alarms", dimensions: dimensions) { Double(indexes.alarms.filter { $0.kind == kind }.count) },
      ]
    }
  }
}
