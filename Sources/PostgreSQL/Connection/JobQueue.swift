import Synchronization

/// Jobs, and the connections that take them: all shared connections of a pool, or the one connection of a loan.
///
/// A connection takes jobs when it has (almost) nothing on its way, so jobs go to whoever is free, and a job that was not sent survives the loss of
/// any connection. Only a sleeping connection is woken; busy ones come for more by themselves.
final class JobQueue: Sendable {
  private struct State {
    var jobs = Fifo<Job>()
    /// Connections that sleep, the latest last: it is woken first, its caches being warm.
    var idle: [Connection] = []
    /// Threads that will come for jobs.
    var consumers = 0
    /// Connections that are up.
    var live = 0
    /// Since when there is no connection and attempts fail.
    var downSince: Int64?
    var refusal: PostgreSQLError?
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

  private enum Consequence { case refused(PostgreSQLError), wake(Connection), spawn, wait }

  /// Queues a job, or says why not; the caller then finishes it.
  func push(_ job: Job) -> PostgreSQLError? {
    let consequence: Consequence = state.withLock { state in
      if let refusal = state.refusal { return .refused(refusal) }
      if state.jobs.count >= limit { return .refused(.poolExhausted) }
      if let downSince = state.downSince, job.enqueuedAt - downSince > patience { return .refused(.unavailable) }
      state.jobs.append(job)
      if let connection = state.idle.popLast() {
        connection.isIdle = false
        return .wake(connection)
      }
      if state.consumers < maximumConsumers, state.jobs.count > state.consumers - state.live {
        state.consumers += 1
        return .spawn
      }
      return .wait
    }
    switch consequence {
    case .refused(let error): return error
    case .wake(let connection): connection.wakeUp.signal()
    case .spawn:
      demand.withLock { $0 }.spawn()
      onWaiting()
    case .wait: onWaiting()
    }
    return nil
  }

  private func onWaiting() { demand.withLock { $0 }.waiting() }

  enum Taken { case some, nothing, closed }

  /// Takes a fair share of the jobs. With none there, an idle connection goes on the list of those to be woken.
  func take(for connection: Connection, upTo limit: Int, idle: Bool, into taken: inout [Job]) -> Taken {
    state.withLock { state in
      if connection.isIdle {
        state.idle.removeAll { $0 === connection }
        connection.isIdle = false
      }
      if state.jobs.isEmpty {
        if state.refusal != nil { return .closed }
        if idle {
          state.idle.append(connection)
          connection.isIdle = true
        }
        return .nothing
      }
      let share = (state.jobs.count + max(state.live, 1) - 1) / max(state.live, 1)
      for _ in 0..<min(share, limit) {
        if let job = state.jobs.popFirst() { taken.append(job) }
      }
      return .some
    }
  }

  /// Puts back jobs that are to be run again, before all others.
  func putBack(_ jobs: [Job]) {
    if jobs.isEmpty { return }
    let refusal = state.withLock { state in
      if state.refusal == nil { state.jobs.prepend(jobs) }
      return state.refusal
    }
    guard let refusal else { return onWaiting() }
    for job in jobs { job.fail(ifQueued: refusal) }
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
    state.withLock { state in
      state.live -= 1
      state.idle.removeAll { $0 === connection }
      connection.isIdle = false
    }
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

  /// Refuses new jobs and fails the waiting ones. Sleeping connections are woken to find it closed.
  func close(_ error: PostgreSQLError) {
    let (jobs, idle) = state.withLock { state in
      if state.refusal == nil { state.refusal = error }
      let idle = state.idle
      for connection in idle { connection.isIdle = false }
      state.idle = []
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
    let (expired, error, isWaiting): ([Job], PostgreSQLError, Bool) = state.withLock { state in
      var expired: [Job] = []
      while let job = state.jobs.first, job.enqueuedAt < deadline || job.isFinished {
        if let job = state.jobs.popFirst() { expired.append(job) }
      }
      return (expired, state.live == 0 ? .unavailable : .poolExhausted, !state.jobs.isEmpty)
    }
    for job in expired { job.fail(ifQueued: error) }
    return isWaiting
  }

  var counts: (waiting: Int, idle: Int, live: Int) { state.withLock { ($0.jobs.count, $0.idle.count, $0.live) } }
}
