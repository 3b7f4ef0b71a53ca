import Synchronization

/// What a connection's thread answers.
enum Answer: Sendable {
  case results([QueryResult])
  case none
  /// Rows that COPY took in.
  case count(Int)
  /// A chunk of COPY; `nil` at its end.
  case chunk([UInt8]?)
}

/// One thing for a connection's thread to do, with the task that waits for it.
///
/// A job is resumed exactly once: whoever moves it to `.finished` under its lock takes the continuation out and resumes it.
final class Job: Sendable {
  enum Kind: Sendable {
    /// Statements in a pipeline with one Sync.
    case unit([BoundStatement])
    /// Text by the simple protocol.
    case simple(String)
    case listen(channel: String, DatabaseNotificationStream)
    case endListening
    case copyInBegin(String)
    case copyInData([UInt8])
    /// Ends COPY; with a reason the server throws away what was sent.
    case copyInEnd(abort: Bool)
    case copyOutBegin(String)
    case copyOutRead
  }

  typealias Continuation = UnsafeContinuation<Result<Answer, PostgreSQLError>, Never>

  private enum Phase { case new, queued, sent, finished }

  private struct State {
    var phase = Phase.new
    var isCancelled = false
    var continuation: Continuation?
    var connection: Connection?
  }

  let kind: Kind
  /// Named in errors.
  let statement: StatementEntry
  /// `nil` means the configured timeout, 0 none. Nanoseconds.
  let timeout: Int64?
  let isCancellable: Bool
  let enqueuedAt = Monotonic.now
  /// Set once if the unit had to be run again; written and read by the threads that hold the job, one after the other.
  let retries = Atomic<Int>(0)
  private let state = Mutex(State())

  init(_ kind: Kind, statement: StatementEntry, timeout: Int64? = nil, isCancellable: Bool = true) {
    self.kind = kind
    self.statement = statement
    self.timeout = timeout
    self.isCancellable = isCancellable
  }

  /// No path may drop a job that a task waits for; should one do so, the task learns it instead of waiting for ever.
  deinit { state.withLock { $0.continuation.take() }?.resume(returning: .failure(.connectionLost)) }

  var statements: [BoundStatement] {
    if case .unit(let statements) = kind { return statements }
    return []
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Notes who waits. False if the task was cancelled already: it has been told, and the job must not be queued.
  func begin(_ continuation: Continuation) -> Bool {
    let wasCancelled = state.withLock { state in
      if state.isCancelled {
        state.phase = .finished
        return true
      }
      state.phase = .queued
      state.continuation = continuation
      return false
    }
    if wasCancelled { continuation.resume(returning: .failure(.cancelled)) }
    return !wasCancelled
  }

  /// A connection takes the job. False if it was finished meanwhile: nothing is left to do.
  func take(by connection: Connection) -> Bool {
    state.withLock { state in
      guard state.phase == .queued else { return false }
      state.phase = .sent
      state.connection = connection
      return true
    }
  }

  /// The connection gives the job back, rolled back as a whole, to be run again. False if its task was cancelled: it has been told.
  func giveBack() -> Bool {
    let (mayGo, continuation): (Bool, Continuation?) = state.withLock { state in
      state.connection = nil
      guard state.isCancelled else {
        state.phase = .queued
        return (true, nil)
      }
      state.phase = .finished
      return (false, state.continuation.take())
    }
    continuation?.resume(returning: .failure(.cancelled))
    return mayGo
  }

  func finish(_ result: Result<Answer, PostgreSQLError>) {
    let continuation = state.withLock { state in
      state.phase = .finished
      state.connection = nil
      return state.continuation.take()
    }
    continuation?.resume(returning: result)
  }

  /// The task was cancelled: a waiting job ends here, one on its way is cancelled by its connection.
  func cancel() {
    let (continuation, connection): (Continuation?, Connection?) = state.withLock { state in
      state.isCancelled = true
      switch state.phase {
      case .new, .finished: return (nil, nil)
      case .sent: return (nil, state.connection)
      case .queued:
        state.phase = .finished
        return (state.continuation.take(), nil)
      }
    }
    continuation?.resume(returning: .failure(.cancelled))
    connection?.attend()
  }

  /// Ends the job if it still waits; for deadlines. Whether it did.
  @discardableResult
  func fail(ifQueued error: PostgreSQLError) -> Bool {
    let continuation: Continuation?? = state.withLock { state in
      guard state.phase == .queued else { return nil }
      state.phase = .finished
      return state.continuation.take()
    }
    guard let continuation else { return false }
    continuation?.resume(returning: .failure(error))
    return true
  }

  var isFinished: Bool { state.withLock { $0.phase == .finished } }
}

extension Job {
  /// Queues the job and waits for its answer.
  func run(on queue: JobQueue) async -> Result<Answer, PostgreSQLError> {
    await run { queue.push($0) }
  }

  /// The same through a door that may refuse.
  func run(_ push: (Job) -> PostgreSQLError?) async -> Result<Answer, PostgreSQLError> {
    guard isCancellable else { return await wait(push) }
    return await withTaskCancellationHandler {
      await wait(push)
    } onCancel: {
      cancel()
    }
  }

  private func wait(_ push: (Job) -> PostgreSQLError?) async -> Result<Answer, PostgreSQLError> {
    await withUnsafeContinuation { continuation in
      guard begin(continuation) else { return }
      if let refusal = push(self) { finish(.failure(refusal)) }
    }
  }
}
