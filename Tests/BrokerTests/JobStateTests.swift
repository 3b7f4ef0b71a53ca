import Broker
import Foundation
import JLISSimulator
import Testing

@Suite("Jobs: what each did last")
struct JobStateTests {
  private static let names: Set<String> = [
    "cancellationsAtSource", "cleaning", "consentCounts", "consentReminders", "consentRenewals", "evidenceRetention", "expiredConsents",
    "forwardIntents", "ledgerChanges", "overduePairs", "tagRotation", "unansweredConsents",
  ]

  @Test func everyJobLeavesWordOfItsLastRound() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      _ = try await broker.onboard(bank, try broker.hanako(), consents: [broker.selection(try await broker.notice(bank))])
      await broker.services.jobs.sweep()
      await broker.services.jobs.rotateTags()
      let states = try await broker.services.auditLog.jobStates()
      #expect(Self.names.isSubset(of: Set(states.map(\.name))))
      for state in states where Self.names.contains(state.name) {
        #expect(state.problem == nil, "\(state.name)")
        #expect(state.succeededAt == state.ranAt, "\(state.name)")
      }
    }
  }

  @Test func aRoundThatFailedSaysWhyAndTheNextOneThatItIsOver() async throws {
    try await TestBroker.with { broker in
      _ = try await broker.bank()
      func following() async throws -> JobState {
        await broker.services.jobs.sweep()
        return try #require(try await broker.services.auditLog.jobStates().first { $0.name == "cancellationsAtSource" })
      }
      let before = try await following()
      try broker.simulator.setFaults(Faults(api: .down))
      broker.wait(seconds: 60)
      let failed = try await following()
      #expect(failed.problem == "jlisUnreachable")
      #expect(failed.succeededAt == before.ranAt && failed.ranAt > before.ranAt)
      try broker.simulator.setFaults(.none)
      broker.wait(seconds: 60)
      #expect(try await following().problem == nil)
    }
  }
}
