import Synchronization

/// Jobs, and the connections that take them: all shared connections of a pool, or the one connection of a loan.
///
/// A connection takes jobs when it has (almost) nothing on its way, so jobs go to whoever is free, and a job that was not sent survives the loss of
/// any connection. A job that finds a connection idle is given to it at once; busy connections come for more by themselves.
///
/// How many connections are kept busy depends on how long units take. Where they take microseconds, waking another thread and another backend
/// costs more than it gains: jobs then wait for the connection that is at work anyhow, which takes them all at once. Where units wait for disks,
/// locks or a network, they are spread.
final class JobQueue: Sendable {
  private struct State {
    var jobs = Fifo<Job>()
    /// Connections with nothing to do, the latest last: it is the next to get something, its caches being warm.
    var idle: [Connection] = []
    /// Threads that will come for jobs.
    var consumers = 0
    /// Connections that are up.
    var live = 0
    /// Since when there is no connection and attempts fail.
    var downSince: Int64?
    var refusal: PostgreSQLError?
    /// The connection that was last given something.
    var latest: Connection?

    mutating func takeIdle() -> Connection? {
      guard let connection = idle.popLast() else { return nil }
      connection.isIdle = false
      latest = connection
      return connection
    }
  }

  /// Units that take less on average are not worth another connection. Nanoseconds.
  private static let briefNanoseconds: Int64 = 100_000
  /// A connection without an answer for so long is no longer waited for.
  private static let silenceNanoseconds: Int64 = 1_000_000
  /// More than so many jobs keep another connection busy.
  private static let backlog = 32

  /// How often to try with few connections again: many busy ones on few cores make each other slow, so that brief units look long.
  private static let probeNanoseconds: Int64 = 250_000_000

  /// The moving average of how long the server takes for a unit. Several threads write it, and a lost sample does not matter.
  private let average = Atomic<Int64>(0)
  private let probedAt = Atomic<Int64>(0)

  /// The server took a unit up at one time and answered at another. One long answer among many brief ones does not count for more than a few.
  func took(from start: Int64, to end: Int64) {
    if start < probedAt.load(ordering: .relaxed) { return }
    let average = self.average.load(ordering: .relaxed)
    self.average.store(average + (min(max(end - start, 0), 4 * Self.briefNanoseconds) - average) / 16, ordering: .relaxed)
  }

  private let state = Mutex(State())
  private let limit: Int
  /// How many consumers there may be; 0 where the one consumer is given.
  private let maximumConsumers: Int
  /// How long the database may be down before jobs are refused at once.
  private let patience: Int64
  private struct Demand: Sendable {
    var spawn: @Sendable () -> Void = {}
    var waiting: @Sendable () -> Void = {}
  }

  private let demand = Mutex(Demand())

  init(limit: Int, maximumConsumers: Int, patience: Int64) {
    self.limit = limit
    self.maximumConsumers = maximumConsumers
    self.patience = patience
  }

  /// What to do, outside the lock, when another consumer is wanted, and when a job finds nobody idle and so may have to wait for long. Given
  /// once, before the first job.
  func onDemand(spawn: @escaping @Sendable () -> Void, waiting: @escaping @Sendable () -> Void) {
    demand.withLock { $0 = Demand(spawn: spawn, waiting: waiting) }
  }

  private enum Consequence { case refused(PostgreSQLError), give(Connection), spawn, wait }

  /// Queues a job, or says why not; the caller then finishes it.
  func push(_ job: Job) -> PostgreSQLError? {
    let consequence: Consequence = state.withLock { state in
      if let refusal = state.refusal { return .refused(refusal) }
      if state.jobs.count >= limit { return .refused(.poolExhausted) }
      if let downSince = state.downSince, job.enqueuedAt - downSince > patience { return .refused(.unavailable) }
      if mayWait(job, state) {
        state.jobs.append(job)
        return .wait
      }
      if let connection = state.takeIdle() { return .give(connection) }
      state.jobs.append(job)
      if state.consumers < maximumConsumers, state.jobs.count > state.consumers - state.live {
        state.consumers += 1
        return .spawn
      }
      return .wait
    }
    switch consequence {
    case .refused(let error): return error
    case .give(let connection):
      if connection.accept(job) { break }
      putBack([job])
      connection.wakeUp.signal()
    case .spawn:
      demand.withLock { $0 }.spawn()
      onWaiting()
    case .wait: onWaiting()
    }
    return nil
  }

  /// Whether the job is best left to the connection that is at work.
  private func mayWait(_ job: Job, _ state: borrowing State) -> Bool {
    guard let latest = state.latest, !latest.isIdle, state.jobs.count < Self.backlog else { return false }
    if job.enqueuedAt - latest.progressAt.load(ordering: .relaxed) > Self.silenceNanoseconds { return false }
    if average.load(ordering: .relaxed) < Self.briefNanoseconds { return true }
    guard job.enqueuedAt - probedAt.load(ordering: .relaxed) > Self.probeNanoseconds else { return false }
    probedAt.store(job.enqueuedAt, ordering: .relaxed)
    average.store(0, ordering: .relaxed)
    return true
  }

  private func onWaiting() { demand.withLock { $0 }.waiting() }

  enum Taken { case some, nothing, closed }

  /// Takes a fair share of the jobs. With none there, an idle connection goes on the list of those to be woken.
  func take(for connection: Connection, upTo limit: Int, idle: Bool, into taken: inout [Job]) -> Taken {
    state.withLock { state in
      let isWaiting = idle && state.jobs.isEmpty && state.refusal == nil
      if isWaiting != connection.isIdle {
        if isWaiting { state.idle.append(connection) } else { state.idle.removeAll { $0 === connection } }
        connection.isIdle = isWaiting
      }
      if state.jobs.isEmpty { return state.refusal == nil ? .nothing : .closed }
      let busy = max(state.live - state.idle.count, 1)
      let share = (state.jobs.count + busy - 1) / busy
      for _ in 0..<min(share, limit) {
        if let job = state.jobs.popFirst() { taken.append(job) }
      }
      return .some
    }
  }

  /// Puts back jobs that are to be run again, before all others.
  func putBack(_ jobs: [Job]) {
    if jobs.isEmpty { return }
    let (refusal, woken): (PostgreSQLError?, [Connection]) = state.withLock { state in
      if let refusal = state.refusal { return (refusal, []) }
      state.jobs.prepend(jobs)
      return (nil, jobs.compactMap { _ in state.takeIdle() })
    }
    if let refusal { for job in jobs { job.fail(ifQueued: refusal) } }
    for connection in woken { connection.wakeUp.signal() }
    onWaiting()
  }

  /// A connection is up. Whether the database had been down before.
  func connected() -> Bool {
    state.withLock { state in
      state.live += 1
      return state.downSince.take() != nil
    }
  }

  /// A connection that was up is lost. It sleeps no more.
  func lost(_ connection: Connection) {
    let other: Connection? = state.withLock { state in
      state.live -= 1
      state.idle.removeAll { $0 === connection }
      connection.isIdle = false
      if state.latest === connection { state.latest = nil }
      return state.jobs.isEmpty ? nil : state.takeIdle()
    }
    other?.wakeUp.signal()
  }

  /// An attempt to connect failed. Whether that is news.
  func failedToConnect() -> Bool {
    state.withLock { state in
      guard state.live == 0, state.downSince == nil else { return false }
      state.downSince = Monotonic.now
      return true
    }
  }

  /// A consumer's thread ends.
  func consumerEnded() { state.withLock { $0.consumers -= 1 } }

  /// Refuses new jobs and fails the waiting ones. Idle connections are woken to find it closed.
  func close(_ error: PostgreSQLError) {
    let (jobs, idle) = state.withLock { state in
      if state.refusal == nil { state.refusal = error }
      let idle = state.idle
      for connection in idle { connection.isIdle = false }
      state.idle = []
      state.latest = nil
      return (state.jobs.removeAll(), idle)
    }
    for job in jobs { job.fail(ifQueued: error) }
    for connection in idle { connection.wakeUp.signal() }
  }

  var isClosed: Bool { state.withLock { $0.refusal != nil } }

  /// Whether the database has been down for longer than anybody should wait.
  var isDown: Bool { state.withLock { state in state.downSince.map { Monotonic.now - $0 > patience } ?? false } }

  /// Fails jobs that have waited too long: the oldest are first. Whether any still wait.
  func expire(before deadline: Int64) -> Bool {
    let (expired, error, isWaiting, other): ([Job], PostgreSQLError, Bool, Connection?) = state.withLock { state in
      var expired: [Job] = []
      while let job = state.jobs.first, job.enqueuedAt < deadline || job.isFinished {
        if let job = state.jobs.popFirst() { expired.append(job) }
      }
      // What was left to a connection that then fell silent goes to another.
      let other = state.jobs.isEmpty ? nil : state.takeIdle()
      return (expired, state.live == 0 ? .unavailable : .poolExhausted, !state.jobs.isEmpty, other)
    }
    other?.wakeUp.signal()
    for job in expired { job.fail(ifQueued: error) }
    return isWaiting
  }

  var counts: (waiting: Int, idle: Int, live: Int) { state.withLock { ($0.jobs.count, $0.idle.count, $0.live) } }
}
