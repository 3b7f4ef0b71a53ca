import CLibPQ
import Glibc
import Logging
import Synchronization

/// One connection and the thread that drives it. A task that finds it idle sends its unit by itself, which saves a change of threads; the thread
/// receives all answers.
///
/// `@unchecked Sendable`: while the connection is up (`isUp`) every `var` is touched under `turn` only; while it is not, by the thread that runs
/// `main()` only; `isUp` changes under `turn`. The exception is `isIdle`, which is read and written under the lock of `queue`.
final class Connection: @unchecked Sendable {
  enum Role {
    /// One of several on a pool's queue, reconnected when lost.
    case shared
    /// On a queue of its own, for one borrower at a time; over when lost.
    case exclusive
  }

  /// What the pool hears of its connections.
  struct Observer: Sendable {
    /// A connection is up; whether the database had been down before.
    var connected: @Sendable (Bool) -> Void
    /// An attempt to connect failed; whether the database is down since then.
    var failed: @Sendable (ConnectFailure, Bool) -> Void
    /// The thread ends.
    var ended: @Sendable (Connection) -> Void
  }

  /// What an exclusive connection is about when it runs no pipeline.
  enum Mode {
    case pipeline
    case simple(Job)
    case copyInStarting(Job), copyIn, copyInWriting(Job), copyInEnding(Job)
    case copyOutStarting(Job), copyOut, copyOutReading(Job), copyOutTail, copyOutEnding(Job)
  }

  /// A stretch of the pipeline that ends in one Sync.
  struct Segment {
    /// The unit, or the unit that wanted the statement prepared.
    let job: Job
    /// The statement being prepared; `nil` for the unit itself.
    let variant: PreparedVariant?
    /// Why the unit was sent in a form that the server will refuse.
    var refusal: PostgreSQLError?
  }

  let role: Role
  let queue: JobQueue
  let configuration: PostgreSQLConfiguration
  let observer: Observer
  let wakeUp = WakeUp()
  var isIdle = false
  private let turn = Mutex<Void>(())
  private var isUp = false

  /// Set by others, taken by the thread: something about cancellation changed.
  private let attention = Atomic<UInt8>(0)
  private static let someJobWasCancelled: UInt8 = 1
  private static let cancelWasSent: UInt8 = 2
  private static let listeningIsOver: UInt8 = 4
  private let stopping = Atomic<Bool>(false)
  /// For statistics.
  let unitsOnTheirWay = Atomic<Int>(0)
  let unitsCompleted = Atomic<Int>(0)
  /// When the server last answered, or was last given something after a pause.
  let progressAt = Atomic<Int64>(0)

  var handle: OpaquePointer?
  var socket: Int32 = -1
  var cancelHandle: CancelHandle?
  var mode = Mode.pipeline
  var isBroken = false
  var wantsToWrite = false

  var inFlight = Fifo<Segment>()
  var headResults: [QueryResult] = []
  var headError: PostgreSQLError?
  /// The server has said that it ends the connection.
  var hasServerLeft = false
  var nullsInARow = 0
  var toRunAgain: [Job] = []
  var copiedRows = 0
  var taken: [Job] = []

  var variants: [[PreparedVariant]] = []
  var chosen: [PreparedVariant] = []
  var variantsMade = 0
  /// Why the latest attempt to prepare a statement failed, by statement.
  var failedPrepares: [Int: PostgreSQLError] = [:]
  let encoder = ParameterEncoder()

  var listeners: [String: [DatabaseNotificationStream]] = [:]

  var lastProgress: Int64 = 0
  var isCancelPending = false
  var mayBeCancelled = false
  /// How many segments from the head were on their way when a cancel request was last sent, and so may be hit by it.
  var exposed = 0
  var lastCancelAt: Int64 = 0
  var watchdogBit = false

  init(role: Role, queue: JobQueue, configuration: PostgreSQLConfiguration, observer: Observer) {
    self.role = role
    self.queue = queue
    self.configuration = configuration
    self.observer = observer
  }

  /// Starts the thread; it holds the connection until it ends.
  func start() {
    if SystemThread.start({ self.main() }) { return }
    queue.consumerEnded()
    if role == .exclusive { queue.close(.unavailable) }
    observer.ended(self)
  }

  // MARK: From other threads

  /// A job on this connection was cancelled.
  func attend() { attend(Self.someJobWasCancelled) }

  /// The pool closes: streams of notifications end, so that their readers give the connection back.
  func endListening() { attend(Self.listeningIsOver) }

  /// Gives up whatever is on its way.
  func stop() {
    stopping.store(true, ordering: .releasing)
    wakeUp.signal()
  }

  /// Sends a unit from the task that brings it, if the connection is free as the queue said. Whether it did.
  func accept(_ job: Job) -> Bool {
    guard case .unit = job.kind else { return false }
    return turn.withLock { _ in
      guard isUp, !isBroken, !isCancelPending, !isStopping, case .pipeline = mode else { return false }
      guard inFlight.count < (role == .shared ? configuration.maximumInFlight : 1) else { return false }
      if job.take(by: self) {
        begin(job)
        _ = flush()
      }
      // With an answer to come the thread will wake up by itself, otherwise it has to look after the rest.
      if inFlight.isEmpty || isBroken || wantsToWrite { wakeUp.signal() }
      return true
    }
  }

  private func attend(_ bit: UInt8) {
    attention.bitwiseOr(bit, ordering: .releasing)
    wakeUp.signal()
  }

  // MARK: The thread

  var isStopping: Bool { stopping.load(ordering: .acquiring) }

  /// Whether nothing is on its way.
  var isQuiet: Bool {
    guard inFlight.isEmpty else { return false }
    switch mode {
    case .pipeline, .copyIn, .copyOut, .copyOutTail: return true
    default: return false
    }
  }

  private func main() {
    var backOff = BackOff(limit: configuration.maximumBackOff)
    let started = Monotonic.now
    while !isStopping {
      if let failure = connect() {
        disconnect()
        observer.failed(failure, queue.failedToConnect())
        if queue.isClosed { break }
        // A borrower waits no longer than for a free connection; the last attempt may have taken all of that.
        if role == .exclusive, Monotonic.now - started > configuration.acquireTimeout.nanoseconds || failure == .invalidURL { break }
        wakeUp.wait(milliseconds: backOff.next())
        continue
      }
      backOff = BackOff(limit: configuration.maximumBackOff)
      lastProgress = Monotonic.now
      turn.withLock { _ in isUp = true }
      observer.connected(queue.connected())
      let isOver = serve()
      queue.lost(self)
      turn.withLock { _ in
        isUp = false
        failEverything()
      }
      disconnect()
      if isOver || role == .exclusive { break }
    }
    queue.consumerEnded()
    if role == .exclusive { queue.close(.unavailable) }
    observer.ended(self)
  }

  private enum Step {
    case again, over, lost
    case sleep(socket: Int32, interest: Int16, milliseconds: Int64)
  }

  /// Until the connection is lost (false) or no longer wanted (true).
  private func serve() -> Bool {
    var events: (socket: Int16, wakeUp: Int16) = (0, 0)
    while true {
      let happened = events
      events = (0, 0)
      switch turn.withLock({ _ in step(after: happened.socket) }) {
      case .again: continue
      case .over: return true
      case .lost: return false
      case .sleep(let socket, let interest, let milliseconds):
        events = sleep(socket, interest, milliseconds)
        if events.wakeUp != 0 { wakeUp.drain() }
      }
    }
  }

  /// One round, under `turn`.
  private func step(after events: Int16) -> Step {
    if events & ~Int16(POLLOUT) != 0 { receive() }
    if isBroken { return .lost }
    takeAttention()
    if takeJobs() == .closed, isQuiet { return .over }
    // A chunk of COPY is done once it is handed over, and the next may be waiting.
    if flush() { return .again }
    if mayBeCancelled || isCancelPending { cancelHeadIfAsked() }
    let pause = watch()
    if isBroken || isStopping { return .lost }
    switch mode {
    // Between two reads of COPY the server has to wait: back-pressure.
    case .copyOut, .copyOutTail: return .sleep(socket: -1, interest: 0, milliseconds: pause)
    default: return .sleep(socket: socket, interest: Int16(wantsToWrite ? POLLIN | POLLOUT : POLLIN), milliseconds: pause)
    }
  }

  private func sleep(_ socket: Int32, _ interest: Int16, _ milliseconds: Int64) -> (socket: Int16, wakeUp: Int16) {
    var events = (pollfd(fd: socket, events: interest, revents: 0), pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0))
    let timeout = WakeUp.pollTimeout(milliseconds, wakeUp.descriptor)
    withUnsafeMutablePointer(to: &events) { tuple in
      _ = tuple.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, 2, timeout) }
    }
    return (events.0.revents, events.1.revents)
  }

  private func takeAttention() {
    guard attention.load(ordering: .relaxed) != 0 else { return }
    let bits = attention.exchange(0, ordering: .acquiring)
    if bits & Self.someJobWasCancelled != 0 { mayBeCancelled = true }
    if bits & Self.cancelWasSent != 0 { isCancelPending = false }
    if bits & Self.listeningIsOver != 0 { finishListeners(nil) }
  }

  /// More work is fetched when little is on its way: what waits in the queue can still go to another connection.
  private func takeJobs() -> JobQueue.Taken {
    while !isCancelPending, !isBroken {
      let room: Int
      switch role {
      case .shared: room = inFlight.count <= configuration.maximumInFlight / 4 ? configuration.maximumInFlight - inFlight.count : 0
      case .exclusive: room = isQuiet ? 1 : 0
      }
      guard room > 0 else { return .some }
      let outcome = queue.take(for: self, upTo: room, idle: isQuiet, into: &taken)
      guard outcome == .some else { return outcome }
      for job in taken where job.take(by: self) { begin(job) }
      taken.removeAll(keepingCapacity: true)
      if !isQuiet { return .some }
    }
    return .some
  }

  private func begin(_ job: Job) {
    if isQuiet {
      lastProgress = Monotonic.now
      progressAt.store(lastProgress, ordering: .relaxed)
      watchdogBit = false
    }
    if case .unit = job.kind, case .pipeline = mode {
      send(job)
      unitsOnTheirWay.store(inFlight.count, ordering: .relaxed)
    } else {
      beginSpecial(job)
    }
  }

  /// Hands libpq's buffer to the kernel, as far as it takes it. Whether that was all that a job wanted.
  private func flush() -> Bool {
    guard !isBroken, let handle else { return false }
    switch PQflush(handle) {
    case 0:
      wantsToWrite = false
      guard case .copyInWriting(let job) = mode else { return false }
      mode = .copyIn
      job.finish(.success(.none))
      return true
    case 1: wantsToWrite = true
    default: isBroken = true
    }
    return false
  }

  private func receive() {
    guard let handle else { return }
    // Even where the connection has ended, results may have come before its end.
    let isAlive = PQconsumeInput(handle) == 1
    switch mode {
    case .pipeline: receiveUnits()
    default: advanceSpecial()
    }
    if role == .exclusive { receiveNotifications() }
    if !isAlive || PQstatus(handle) == CONNECTION_BAD { isBroken = true }
    giveBack()
  }

  /// Puts units that are to be run again back into the queue, for whichever connection comes first.
  func giveBack() {
    guard !toRunAgain.isEmpty else { return }
    queue.putBack(toRunAgain.filter { $0.giveBack() })
    toRunAgain = []
  }

  // MARK: Cancellation

  /// The job that the server is busy with.
  private var current: Job? { mode.job ?? inFlight.first?.job }

  private func cancelHeadIfAsked() {
    guard !isCancelPending else { return }
    guard let current else {
      mayBeCancelled = false
      return
    }
    if current.isCancellable, current.isCancelled {
      // A request that comes before the server has begun does nothing, so it is repeated while the job goes on.
      if Monotonic.now - lastCancelAt > 200_000_000 { requestCancel() }
      return
    }
    var anyCancelled = false
    inFlight.forEach { if $0.job.isCancelled { anyCancelled = true } }
    mayBeCancelled = anyCancelled
  }

  private func requestCancel() {
    guard let cancelHandle else { return }
    isCancelPending = true
    exposed = inFlight.count
    lastCancelAt = Monotonic.now
    let request: @Sendable () -> Void = {
      cancelHandle.cancel()
      self.attend(Self.cancelWasSent)
    }
    if !SystemThread.start(request) { request() }
  }

  /// Cancels what overruns its time, and gives the connection up if even that brings no answer. The server has the same limit
  /// (`statement_timeout`) and normally acts first. Returns how long to sleep, in milliseconds: never for long, because a unit that a task sends
  /// while we sleep wants to be watched too.
  private func watch() -> Int64 {
    let limit = current.map { $0.timeout ?? configuration.statementTimeout.nanoseconds } ?? 0
    let longest: Int64 = mayBeCancelled ? 100 : 1000
    guard limit > 0 else { return longest }
    let now = Monotonic.now
    let cancelAt = lastProgress + limit + 500_000_000
    let giveUpAt = cancelAt + 5_000_000_000
    if now >= giveUpAt {
      isBroken = true
      return 0
    }
    if now >= cancelAt, !watchdogBit, !isCancelPending {
      watchdogBit = true
      requestCancel()
    }
    return min(((watchdogBit ? giveUpAt : cancelAt) - now) / 1_000_000 + 1, longest)
  }
}
