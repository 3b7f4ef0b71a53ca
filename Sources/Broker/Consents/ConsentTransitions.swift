/// What happens to a consent. With its state before, it gives the state after: ``ConsentTransitions``.
public enum ConsentChange: String, Sendable, CaseIterable {
  /// The person signed, and nobody but the tenant and us has to have it.
  case signed
  /// The person signed; J-LIS has to have it before it is in force.
  case signedForSource
  /// The person said no.
  case refusedByPerson
  /// Nobody answered in time.
  case unanswered
  /// J-LIS has it.
  case takenBySource
  /// J-LIS does not take it.
  case refusedBySource
  /// The person signed the same again, and whoever has to has it: its time begins anew.
  case renewed
  /// The person agreed to another consent in its place.
  case superseded
  /// The person withdrew; no source has to follow.
  case withdrawn
  /// The person withdrew; J-LIS has it still.
  case withdrawnBeforeSource
  /// J-LIS ended it after a withdrawal here.
  case sourceFollowed
  /// The person cancelled at J-LIS.
  case cancelledAtSource
  /// The controller ended it (事業者による終了).
  case revokedByController
  /// Its time is over.
  case timePassed
}

/// The one place that says what may follow what.
///
/// | from \ by | signed | signedForSource | refusedByPerson | unanswered | takenBySource | refusedBySource | renewed | superseded | withdrawn | withdrawnBeforeSource | sourceFollowed | cancelledAtSource | revokedByController | timePassed |
/// |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
/// | (new), requested | given | pendingAtSource | refused | expired | | | | | | | | | | |
/// | pendingAtSource | | | | | given | invalidated | | superseded | withdrawn | withdrawnLocally | | cancelledAtSource | revoked | expired |
/// | given, renewed | | | | | | | renewed | superseded | withdrawn | withdrawnLocally | | cancelledAtSource | revoked | expired |
/// | withdrawnLocally | | | | | | | | | | | withdrawn | withdrawn | | |
/// | all others | | | | | | | | | | | | | | |
///
/// An empty cell changes nothing: what is over stays over, and agreeing again makes another consent.
public enum ConsentTransitions {
  /// The state after; nil where the change does not apply.
  public static func state(after change: ConsentChange, from state: ConsentState) -> ConsentState? {
    switch state {
    case .requested:
      switch change {
      case .signed: .given
      case .signedForSource: .pendingAtSource
      case .refusedByPerson: .refused
      case .unanswered: .expired
      default: nil
      }
    case .pendingAtSource:
      switch change {
      case .takenBySource: .given
      case .refusedBySource: .invalidated
      default: ended(by: change)
      }
    case .given, .renewed: change == .renewed ? .renewed : ended(by: change)
    case .withdrawnLocally: change == .sourceFollowed || change == .cancelledAtSource ? .withdrawn : nil
    case .refused, .expired, .invalidated, .revoked, .withdrawn, .superseded, .cancelledAtSource: nil
    }
  }

  /// How what is in force, or about to be, ends.
  private static func ended(by change: ConsentChange) -> ConsentState? {
    switch change {
    case .superseded: .superseded
    case .withdrawn: .withdrawn
    case .withdrawnBeforeSource: .withdrawnLocally
    case .cancelledAtSource: .cancelledAtSource
    case .revokedByController: .revoked
    case .timePassed: .expired
    default: nil
    }
  }
}
