public import Foundation

/// The rules of a pair's life: a pure function of state and event.
public enum PairTransition {
  /// What `event` does, at `now`, to a pair in `state`; nil stands for "no row".
  ///
  /// Three points where the table leaves room: a content change deletes a `pending` row (its card tag has ceased to hold, and the `stale` row beside it
  /// carries on); a pair in `needsDecision` becomes `stale` then, so that nobody decides on a card tag that no longer holds; a clerk who records a ledger
  /// tag without a decision moves no deadline.
  public static func outcome(of event: PairEvent, on state: PairState?, at now: Date) -> PairOutcome {
    guard let state else { return birth(event, at: now) }
    switch event {
    case .onboarded(let tags, let changed): return onboarded(tags, changed, state, now)
    case .settled(let tags, let decided, let deadline): return settled(tags, decided, deadline, state, now)
    case .timePassed(let deadline): return state == .needsDecision && now >= deadline ? .deleted : .stays
    case .contentChanged, .keyVersionRetired: return cardSideEnded(state)
    case .latestItemsIncomplete: return state == .pending || state == .stale ? .stays : .becomes(.stale, decideBy: nil)
    case .latestItemsComplete: return state == .pending ? .stays : .staleBesidePending
    case .ledgerLeft: return state == .pending ? .stays : .deleted
    case .ledgerArrived(let tags): return state == .pending ? afterLedger(tags, now) : .stays
    case .subjectErased, .tenantDeleted: return .deleted
    }
  }

  /// A row is born of an onboarding alone; the one that latest items make is part of `staleBesidePending`.
  private static func birth(_ event: PairEvent, at now: Date) -> PairOutcome {
    switch event {
    case .onboarded(let tags, _): tags == .equal ? .becomes(.active, decideBy: nil) : undecided(now)
    case .settled: .refused(.noPair)
    default: .stays
    }
  }

  private static func onboarded(_ tags: PairTags, _ changed: Bool, _ state: PairState, _ now: Date) -> PairOutcome {
    switch (state, tags) {
    case (.active, _) where !changed: .stays
    case (.active, .equal): .stays
    case (.needsDecision, _) where !changed && tags != .equal: .stays
    case (.pending, .ledgerTagAbsent): .stays
    case (_, .equal): .becomes(.active, decideBy: nil)
    case (_, .different), (_, .ledgerTagAbsent): undecided(now)
    }
  }

  private static func settled(_ tags: PairTags, _ decided: Bool, _ deadline: Date?, _ state: PairState, _ now: Date) -> PairOutcome {
    switch state {
    case .active: return .refused(.alreadySettled)
    case .stale: return .refused(.cardTagOutdated)
    case .needsDecision, .pending: break
    }
    if let deadline, now >= deadline { return .refused(.decisionOverdue) }
    switch tags {
    case .equal: return .becomes(.active, decideBy: nil)
    case .ledgerTagAbsent: return .refused(.ledgerTagMissing)
    case .different:
      if decided { return .becomes(.active, decideBy: nil) }
      return state == .pending ? undecided(now) : .stays
    }
  }

  private static func cardSideEnded(_ state: PairState) -> PairOutcome {
    switch state {
    case .needsDecision, .active: .becomes(.stale, decideBy: nil)
    case .stale: .stays
    case .pending: .deleted
    }
  }

  private static func afterLedger(_ tags: PairTags, _ now: Date) -> PairOutcome {
    switch tags {
    case .equal: .becomes(.active, decideBy: nil)
    case .different: undecided(now)
    case .ledgerTagAbsent: .stays
    }
  }

  private static func undecided(_ now: Date) -> PairOutcome {
    .becomes(.needsDecision, decideBy: now.addingTimeInterval(PairState.decisionPeriod))
  }
}
