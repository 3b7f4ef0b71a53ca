/// A house did not do what a test needs of it; says what, and what its processes said last.
public struct HouseFailure: Error, Sendable, CustomStringConvertible {
  /// What was awaited or tried.
  public let what: String
  /// The end of the log concerned.
  public let log: String

  /// A failure with the last lines of a log.
  public init(_ what: String, log: String = "") {
    self.what = what
    self.log = log
  }

  /// Both.
  public var description: String { log.isEmpty ? what : "\(what)\n--- its last lines\n\(log)" }
}
