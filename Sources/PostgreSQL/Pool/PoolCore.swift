import Logging
import Synchronization

/// What a pool is made of, apart from its handle: it lives as long as any of its threads.
final class PoolCore: Sendable {
  private struct State {
    var shared: [Connection] = []
    /// All connections for loans, on loan or idle.
    var exclusive: [Connection] = []
    var idle: [Connection] = []
    /// Places promised for exclusive connections that are not made yet.
    var promised = 0
    var waiters = Fifo<CheckOutWaiter>()
    var isClosed = false
    var closeDeadline: Int64?
    var closers: [UnsafeContinuation<Void, Never>] = []
    var latestFailure: ConnectFailure?
    /// Units answered by connections that are gone.
    var completedBefore = 0

    var isOver: Bool { isClosed && shared.isEmpty && exclusive.isEmpty }
  }

  let configuration: PostgreSQLConfiguration
  private let logger: Logger
  let queue: JobQueue
  private let housekeeper: Housekeeper
  private let state = Mutex(State())

  init(_ configuration: PostgreSQLConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
    housekeeper = Housekeeper()
    queue = JobQueue(
      limit: configuration.maximumQueued, maximumConsumers: configuration.maximumConnections,
      patience: configuration.acquireTimeout.nanoseconds)
    queue.onDemand(
      spawn: { [weak self] in self?.makeShared() },
      waiting: { [weak self] in self?.somebodyWaits() })
  }

  private func somebodyWaits() { housekeeper.nudge { self.round() } }

  // MARK: Connections

  private func makeShared() {
    let connection = Connection(role: .shared, queue: queue, configuration: configuration, observer: observer)
    let isClosed = state.withLock { state in
      if !state.isClosed { state.shared.append(connection) }
      return state.isClosed
    }
    if isClosed { queue.consumerEnded() } else { connection.start() }
  }

  private var observer: Connection.Observer {
    Connection.Observer(
      connected: { wasDown in
        self.state.withLock { $0.latestFailure = nil }
        if wasDown { self.logger.notice("the database can be reached again") }
      },
      failed: { failure, isNews in
        self.state.withLock { $0.latestFailure = failure }
        if isNews { self.logger.warning("the database cannot be reached", metadata: ["reason": "\(failure.rawValue)"]) }
      },
      ended: { self.ended($0) })
  }

  private func ended(_ connection: Connection) {
    let (waiter, closers): (CheckOutWaiter?, [UnsafeContinuation<Void, Never>]) = state.withLock { state in
      state.completedBefore += connection.unitsCompleted.load(ordering: .relaxed)
      state.shared.removeAll { $0 === connection }
      state.idle.removeAll { $0 === connection }
      let before = state.exclusive.count
      state.exclusive.removeAll { $0 === connection }
      var waiter: CheckOutWaiter?
      if state.exclusive.count < before, !state.isClosed {
        waiter = Self.nextWaiter(&state)
        if waiter != nil { state.promised += 1 }
      }
      guard state.isOver else { return (waiter, []) }
      defer { state.closers = [] }
      return (waiter, state.closers)
    }
    if let waiter, !waiter.finish(.success(.place)) { placeReturned() }
    for closer in closers { closer.resume() }
    if !closers.isEmpty { somebodyWaits() }
  }

  private static func nextWaiter(_ state: inout State) -> CheckOutWaiter? {
    while let waiter = state.waiters.popFirst() {
      if !waiter.isOver { return waiter }
    }
    return nil
  }

  // MARK: Loans

  /// An idle connection, or a new one, within the acquire timeout.
  func checkOut() async throws(PostgreSQLError) -> Connection {
    if queue.isDown { throw .unavailable }
    let waiter = CheckOutWaiter()
    let permit = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        if waiter.begin(continuation) { enter(waiter) }
      }
    } onCancel: {
      waiter.finish(.failure(.cancelled))
    }
    switch try permit.get() {
    case .connection(let connection): return connection
    case .place: return try makeExclusive()
    }
  }

  private enum Entry { case permit(CheckOutWaiter.Permit), refused(PostgreSQLError), wait }

  private func enter(_ waiter: CheckOutWaiter) {
    let entry: Entry = state.withLock { state in
      if state.isClosed { return .refused(.closed) }
      while let connection = state.idle.popLast() {
        if !connection.queue.isClosed { return .permit(.connection(connection)) }
      }
      if state.exclusive.count + state.promised < configuration.maximumCheckedOut {
        state.promised += 1
        return .permit(.place)
      }
      if state.waiters.count >= configuration.maximumQueued { return .refused(.poolExhausted) }
      state.waiters.append(waiter)
      return .wait
    }
    switch entry {
    case .refused(let error): waiter.finish(.failure(error))
    case .wait: somebodyWaits()
    case .permit(let permit):
      if waiter.finish(.success(permit)) { return }
      switch permit {
      case .connection(let connection): checkIn(connection)
      case .place: placeReturned()
      }
    }
  }

  private func makeExclusive() throws(PostgreSQLError) -> Connection {
    let queue = JobQueue(limit: configuration.maximumQueued, maximumConsumers: 0, patience: .max / 4)
    let connection = Connection(role: .exclusive, queue: queue, configuration: configuration, observer: observer)
    let isClosed = state.withLock { state in
      state.promised -= 1
      if !state.isClosed { state.exclusive.append(connection) }
      return state.isClosed
    }
    if isClosed { throw .closed }
    connection.start()
    return connection
  }

  /// A promised place was not wanted after all.
  private func placeReturned() {
    let waiter = state.withLock { state in
      let waiter = Self.nextWaiter(&state)
      if waiter == nil { state.promised -= 1 }
      return waiter
    }
    if let waiter, !waiter.finish(.success(.place)) { placeReturned() }
  }

  /// Takes a clean connection back.
  func checkIn(_ connection: Connection) {
    let (waiter, isClosed): (CheckOutWaiter?, Bool) = state.withLock { state in
      if state.isClosed { return (nil, true) }
      if connection.queue.isClosed { return (nil, false) }
      if let waiter = Self.nextWaiter(&state) { return (waiter, false) }
      state.idle.append(connection)
      return (nil, false)
    }
    if isClosed { connection.queue.close(.closed) }
    if let waiter, !waiter.finish(.success(.connection(connection))) { checkIn(connection) }
  }

  /// Takes back a connection in a state that nobody should inherit.
  func discard(_ connection: Connection) {
    connection.queue.close(.closed)
    connection.stop()
  }

  // MARK: Housekeeping

  private func round() -> Housekeeper.Round {
    let now = Monotonic.now
    let oldest = now - configuration.acquireTimeout.nanoseconds
    let unitsWait = queue.expire(before: oldest)
    let (expired, left, overdue, isOver): ([CheckOutWaiter], Int, [Connection], Bool) = state.withLock { state in
      var expired: [CheckOutWaiter] = []
      while let waiter = state.waiters.first, waiter.since < oldest || waiter.isOver {
        if let waiter = state.waiters.popFirst() { expired.append(waiter) }
      }
      let isOverdue = state.closeDeadline.map { $0 < now } ?? false
      return (expired, state.waiters.count + (state.isClosed ? 1 : 0), isOverdue ? state.shared + state.exclusive : [], state.isOver)
    }
    for waiter in expired { waiter.finish(.failure(.poolExhausted)) }
    for connection in overdue { connection.stop() }
    if isOver { return .over }
    return unitsWait || left > 0 ? .somebodyWaits : .nobodyWaits
  }

  /// Refuses new work; threads end when they have nothing on their way, or at the deadline.
  func beginClosing() {
    let limit = configuration.statementTimeout.nanoseconds
    let deadline = Monotonic.now + (limit > 0 ? min(limit, 30_000_000_000) : 30_000_000_000)
    let (waiters, idle, exclusive, isOver): ([CheckOutWaiter], [Connection], [Connection], Bool) = state.withLock { state in
      if state.isClosed { return ([], [], [], true) }
      state.isClosed = true
      state.closeDeadline = deadline
      defer { state.idle = [] }
      return (state.waiters.removeAll(), state.idle, state.exclusive, state.isOver)
    }
    queue.close(.closed)
    for waiter in waiters { waiter.finish(.failure(.closed)) }
    for connection in idle { connection.queue.close(.closed) }
    for connection in exclusive { connection.endListening() }
    if !isOver { somebodyWaits() }
  }

  /// Returns when all threads have ended.
  func waitUntilClosed() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let isOver = state.withLock { state in
        if !state.isOver { state.closers.append(continuation) }
        return state.isOver
      }
      if isOver { continuation.resume() }
    }
  }

  var statistics: PoolStatistics {
    let counts = queue.counts
    return state.withLock { state in
      let all = state.shared + state.exclusive
      return PoolStatistics(
        connections: counts.live, idle: counts.idle, waiting: counts.waiting,
        inFlight: state.shared.reduce(0) { $0 + $1.unitsOnTheirWay.load(ordering: .relaxed) },
        checkedOut: state.exclusive.count - state.idle.count, waitingForCheckOut: state.waiters.count,
        completed: state.completedBefore + all.reduce(0) { $0 + $1.unitsCompleted.load(ordering: .relaxed) },
        latestConnectFailure: state.latestFailure)
    }
  }
}
