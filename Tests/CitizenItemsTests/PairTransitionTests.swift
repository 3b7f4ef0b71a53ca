import CitizenItems
import Foundation
import Testing

/// house.md's table of a pair's life, row by row.
@Suite struct PairTransitionTests {
  static let now = Date(timeIntervalSince1970: 1_800_000_000)
  static let week = now.addingTimeInterval(7 * 24 * 60 * 60)
  static let undecided = PairOutcome.becomes(.needsDecision, decideBy: week)
  static let active = PairOutcome.becomes(.active, decideBy: nil)
  static let stale = PairOutcome.becomes(.stale, decideBy: nil)

  static func outcome(_ event: PairEvent, _ state: PairState?) -> PairOutcome { PairTransition.outcome(of: event, on: state, at: now) }

  static func settled(_ tags: PairTags, decided: Bool) -> PairEvent {
    .settled(tags, decided: decided, deadline: now.addingTimeInterval(1))
  }

  /// Every event against every state (columns: no row, needsDecision, active, stale, pending).
  static let table: [(PairEvent, [PairOutcome])] = [
    (.onboarded(.equal, changed: true), [active, active, .stays, active, active]),
    (.onboarded(.different, changed: true), [undecided, undecided, undecided, undecided, undecided]),
    (.onboarded(.ledgerTagAbsent, changed: true), [undecided, undecided, undecided, undecided, .stays]),
    (.onboarded(.equal, changed: false), [active, active, .stays, active, active]),
    (.onboarded(.different, changed: false), [undecided, .stays, .stays, undecided, undecided]),
    (.onboarded(.ledgerTagAbsent, changed: false), [undecided, .stays, .stays, undecided, .stays]),
    (settled(.equal, decided: false), [.refused(.noPair), active, .refused(.alreadySettled), .refused(.cardTagOutdated), active]),
    (settled(.equal, decided: true), [.refused(.noPair), active, .refused(.alreadySettled), .refused(.cardTagOutdated), active]),
    (settled(.different, decided: false), [.refused(.noPair), .stays, .refused(.alreadySettled), .refused(.cardTagOutdated), undecided]),
    (settled(.different, decided: true), [.refused(.noPair), active, .refused(.alreadySettled), .refused(.cardTagOutdated), active]),
    (
      settled(.ledgerTagAbsent, decided: false),
      [.refused(.noPair), .refused(.ledgerTagMissing), .refused(.alreadySettled), .refused(.cardTagOutdated), .refused(.ledgerTagMissing)]
    ),
    (
      settled(.ledgerTagAbsent, decided: true),
      [.refused(.noPair), .refused(.ledgerTagMissing), .refused(.alreadySettled), .refused(.cardTagOutdated), .refused(.ledgerTagMissing)]
    ),
    (.timePassed(deadline: now.addingTimeInterval(1)), [.stays, .stays, .stays, .stays, .stays]),
    (.timePassed(deadline: now), [.stays, .deleted, .stays, .stays, .stays]),
    (.contentChanged, [.stays, stale, stale, .stays, .deleted]),
    (.keyVersionRetired, [.stays, stale, stale, .stays, .deleted]),
    (.latestItemsIncomplete, [.stays, stale, stale, .stays, .stays]),
    (.latestItemsComplete, [.stays, .staleBesidePending, .staleBesidePending, .staleBesidePending, .stays]),
    (.ledgerLeft, [.stays, .deleted, .deleted, .deleted, .stays]),
    (.ledgerArrived(.equal), [.stays, .stays, .stays, .stays, active]),
    (.ledgerArrived(.different), [.stays, .stays, .stays, .stays, undecided]),
    (.ledgerArrived(.ledgerTagAbsent), [.stays, .stays, .stays, .stays, .stays]),
    (.subjectErased, [.stays, .deleted, .deleted, .deleted, .deleted]),
    (.tenantDeleted, [.stays, .deleted, .deleted, .deleted, .deleted]),
  ]

  @Test(arguments: table.indices) func theTableHolds(_ row: Int) {
    let states: [PairState?] = [nil, .needsDecision, .active, .stale, .pending]
    let (event, outcomes) = Self.table[row]
    for (state, outcome) in zip(states, outcomes) {
      #expect(Self.outcome(event, state) == outcome, "\(event) on \(state?.rawValue ?? "no row")")
    }
  }

  @Test func aDecisionComesWithinSevenDays() {
    #expect(PairState.decisionPeriod == 604_800)
    for state in [PairState.needsDecision, .pending] {
      let late = PairEvent.settled(.different, decided: true, deadline: Self.now)
      #expect(Self.outcome(late, state) == .refused(.decisionOverdue))
    }
  }

  @Test func onlyAnOnboardingOrADecisionMakesAPairActive() {
    for (event, _) in Self.table {
      for state in [nil] + PairState.allCases.map(Optional.some) {
        guard case .becomes(.active, _) = Self.outcome(event, state) else { continue }
        switch event {
        case .onboarded(.equal, _), .settled(.equal, _, _), .settled(.different, true, _), .ledgerArrived(.equal): break
        default: Issue.record("\(event) activates")
        }
      }
    }
  }

  @Test func onlyNeedsDecisionCarriesADeadline() {
    for (event, _) in Self.table {
      for state in [nil] + PairState.allCases.map(Optional.some) {
        if case .becomes(let next, let decideBy) = Self.outcome(event, state) { #expect((decideBy != nil) == (next == .needsDecision)) }
      }
    }
  }

  /// Hanako's way through the story.
  @Test func hanakosPairLivesTheStory() {
    #expect(Self.outcome(.onboarded(.different, changed: true), nil) == Self.undecided)
    #expect(Self.outcome(Self.settled(.different, decided: true), .needsDecision) == Self.active)
    #expect(Self.outcome(.contentChanged, .active) == Self.stale)
    #expect(Self.outcome(.latestItemsComplete, .stale) == .staleBesidePending)
    #expect(Self.outcome(.ledgerLeft, .stale) == .deleted)
    #expect(Self.outcome(.ledgerArrived(.different), .pending) == Self.undecided)
    #expect(Self.outcome(Self.settled(.different, decided: true), .needsDecision) == Self.active)
  }
}
