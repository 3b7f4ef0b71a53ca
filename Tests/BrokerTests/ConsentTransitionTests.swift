import Testing

@testable import Broker

@Suite("What may follow what in the life of a consent, cell by cell")
struct ConsentTransitionTests {
  /// The rows of the table in ``ConsentTransitions``, each with the changes that apply; every other cell is empty.
  private static let table: [ConsentState: [ConsentChange: ConsentState]] = {
    let ending: [ConsentChange: ConsentState] = [
      .superseded: .superseded, .withdrawn: .withdrawn, .withdrawnBeforeSource: .withdrawnLocally, .cancelledAtSource: .cancelledAtSource,
      .revokedByController: .revoked, .timePassed: .expired,
    ]
    return [
      .requested: [.signed: .given, .signedForSource: .pendingAtSource, .refusedByPerson: .refused, .unanswered: .expired],
      .pendingAtSource: ending.merging([.takenBySource: .given, .refusedBySource: .invalidated]) { $1 },
      .given: ending.merging([.renewed: .renewed]) { $1 },
      .renewed: ending.merging([.renewed: .renewed]) { $1 },
      .withdrawnLocally: [.sourceFollowed: .withdrawn, .cancelledAtSource: .withdrawn],
      .refused: [:], .expired: [:], .invalidated: [:], .revoked: [:], .withdrawn: [:], .superseded: [:], .cancelledAtSource: [:],
    ]
  }()

  @Test(arguments: ConsentState.allCases, ConsentChange.allCases)
  func everyCell(_ state: ConsentState, _ change: ConsentChange) throws {
    let row = try #require(Self.table[state])
    #expect(ConsentTransitions.state(after: change, from: state) == row[change])
  }

  @Test func latestItemsFlowFromWhatIsInForceAlone() {
    #expect(ConsentState.allCases.filter(\.isInForce) == [.given, .renewed])
  }
}
