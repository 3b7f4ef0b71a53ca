/// Why the simulator's state cannot be used. Paths only, no content.
public enum StateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or its directory cannot be written.
  case cannotWrite(String)
  /// The file is there but is not a state of this simulator.
  case notAState(String)
  /// The lock file cannot be opened or locked.
  case cannotLock(String)

  /// One sentence with the path.
  public var description: String {
    switch self {
    case .cannotWrite(let path): "Cannot write \(path)."
    case .notAState(let path): "\(path) is not a state of this simulator."
    case .cannotLock(let path): "Cannot lock \(path)."
    }
  }
}
