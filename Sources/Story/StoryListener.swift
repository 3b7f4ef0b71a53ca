/// Hears the story as it happens: prints it, records it, or ends the broker in the middle of it.
/// A listener that throws ends the step; the step can be run again from the journey as it was before.
public protocol StoryListener: Sendable {
  /// A step begins; `number` counts from 1.
  func begins(_ step: StoryStep, number: Int, of total: Int) async throws
  /// What a person would say here.
  func tells(_ sentence: String) async throws
  /// A request is about to leave.
  func sends(_ request: StoryRequest) async throws
  /// Its answer has come.
  func receives(_ exchange: StoryExchange) async throws
  /// Something happened outside the broker: at J-LIS, at the counter, in the bank's ledger.
  func notes(_ event: String) async throws
  /// An expectation was met. One that is not met ends the story with a `StoryFailure`.
  func confirms(_ expectation: String) async throws
}

extension StoryListener {
  /// Does nothing.
  public func begins(_ step: StoryStep, number: Int, of total: Int) async throws {}
  /// Does nothing.
  public func tells(_ sentence: String) async throws {}
  /// Does nothing.
  public func sends(_ request: StoryRequest) async throws {}
  /// Does nothing.
  public func receives(_ exchange: StoryExchange) async throws {}
  /// Does nothing.
  public func notes(_ event: String) async throws {}
  /// Does nothing.
  public func confirms(_ expectation: String) async throws {}
}

/// The broker did not do what the story tells.
public struct StoryFailure: Error, Sendable, CustomStringConvertible {
  /// The step's name.
  public let step: String
  /// What the story tells.
  public let expectation: String
  /// What was found instead, shortened.
  public let found: String
  /// One line for the terminal.
  public var description: String { "\(step): expected \(expectation); found \(found)" }
}
