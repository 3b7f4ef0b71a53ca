import JLISSimulator
import JOSE

/// One simulator for all tests here: its four RSA keys take a moment.
enum TestSimulator {
  private static let shared = Result { try SimulatedJLIS(stateDirectory: nil) }

  static func make() throws -> SimulatedJLIS { try shared.get() }
}
