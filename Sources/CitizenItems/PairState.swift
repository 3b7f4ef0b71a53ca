public import Foundation

/// The state of a pair (対): the card's tag and the ledger's tag of one subject.
public enum PairState: String, Sendable, CaseIterable, Codable, Hashable {
  /// The tags differ, or the ledger's is absent: a person at the bank decides within `PairState.decisionPeriod`.
  case needsDecision
  /// Equal tags, or a decision. Only an active pair of a subject in good standing matches.
  case active
  /// The card's side no longer holds.
  case stale
  /// Latest items brought a new card tag; the ledger has not followed yet.
  case pending

  /// Seconds within which a pair must be decided: 7 days.
  public static let decisionPeriod: TimeInterval = 7 * 24 * 60 * 60
}

/// How the two tags of a pair compare, as they stand after the event.
public enum PairTags: String, Sendable, CaseIterable, Hashable {
  /// The ledger's tag is not known.
  case ledgerTagAbsent
  /// At least one live key version has the same tag on both sides.
  case equal
  /// Both are known and no version agrees.
  case different
}

/// What happens to a pair.
public enum PairEvent: Sendable, Hashable {
  /// A verified signing certificate at onboarding. `changed`: the card tag or the ledger tag is another than the row records (always so without a row).
  case onboarded(PairTags, changed: Bool)
  /// `POST /v1/pairs`, by a clerk of the bank; `decided` if it carries a decision. `deadline`: the row's, nil where it has none.
  case settled(PairTags, decided: Bool, deadline: Date?)
  /// Time passed; the row's deadline is compared with it.
  case timePassed(deadline: Date)
  /// The signing certificate was revoked for a change of the four items.
  case contentChanged
  /// A key version was retired that one side never left.
  case keyVersionRetired
  /// Latest items came without all four.
  case latestItemsIncomplete
  /// Latest items brought all four: there is a new card tag.
  case latestItemsComplete
  /// A ledger line's `before` holds the row's ledger tag, and its `after` does not.
  case ledgerLeft
  /// A ledger line with the row's `ref` recorded its `after` as ledger tag.
  case ledgerArrived(PairTags)
  /// The subject was erased.
  case subjectErased
  /// The tenant deleted the pair.
  case tenantDeleted
}

/// What an event does to a pair.
public enum PairOutcome: Sendable, Hashable {
  /// Nothing changes but what the event records (tags, versions).
  case stays
  /// The row has, or is born with, this state. `decideBy` is set for `needsDecision` only.
  case becomes(PairState, decideBy: Date?)
  /// The row is `stale`, and a second row with the new card tag and the same `ledgerRef` is born `pending`.
  case staleBesidePending
  /// The row is deleted, with an event.
  case deleted
  /// The event is not allowed in this state.
  case refused(PairRefusal)
}

/// Why a pair refuses an event.
public enum PairRefusal: String, Sendable, CaseIterable, Hashable {
  /// There is no such pair.
  case noPair
  /// The time for a decision is over.
  case decisionOverdue
  /// The card's side no longer holds: the customer presents the card again.
  case cardTagOutdated
  /// The pair is settled already.
  case alreadySettled
  /// A decision needs a ledger tag to decide on.
  case ledgerTagMissing
}
