import Synchronization

/// A task that waits for a connection of its own. Resumed exactly once: by whoever takes the continuation out under the lock.
final class CheckOutWaiter: Sendable {
  /// What the waiter gets.
  enum Permit: Sendable {
    case connection(Connection)
    /// A place to make a new connection in.
    case place
  }

  typealias Continuation = UnsafeContinuation<Result<Permit, PostgreSQLError>, Never>

  private struct State {
    var continuation: Continuation?
    var isOver = false
  }

  let since = Monotonic.now
  private let state = Mutex(State())

  /// False if it is over already: the task was cancelled and has been told.
  func begin(_ continuation: Continuation) -> Bool {
    let isOver = state.withLock { state in
      if !state.isOver { state.continuation = continuation }
      return state.isOver
    }
    if isOver { continuation.resume(returning: .failure(.cancelled)) }
    return !isOver
  }

  /// Whether the result was taken; if not, the permit is still the giver's.
  @discardableResult
  func finish(_ result: Result<Permit, PostgreSQLError>) -> Bool {
    let continuation = state.withLock { state in
      state.isOver = true
      return state.continuation.take()
    }
    continuation?.resume(returning: result)
    return continuation != nil
  }

  var isOver: Bool { state.withLock { $0.isOver } }
}
