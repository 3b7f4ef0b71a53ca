import CLibPQ
import Glibc
import Synchronization

extension Connection {
  /// Connects and enters pipeline mode; says why not.
  func connect() -> ConnectFailure? {
    guard let settings = ConnectionSettings(parsing: configuration.url) else { return .invalidURL }
    let deadline = Monotonic.now + configuration.connectTimeout.nanoseconds
    guard let handle = start(settings) else { return .other }
    self.handle = handle
    // libpq's own receiver prints to the standard error, and notices may quote values.
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    var state = PGRES_POLLING_WRITING
    while PQstatus(handle) != CONNECTION_BAD, state != PGRES_POLLING_OK, state != PGRES_POLLING_FAILED {
      let left = (deadline - Monotonic.now) / 1_000_000
      if left <= 0 { return .timeout }
      if isStopping { return .other }
      var events = (
        pollfd(fd: PQsocket(handle), events: Int16(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0),
        pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)
      )
      let timeout = WakeUp.pollTimeout(left, wakeUp.descriptor)
      withUnsafeMutablePointer(to: &events) { tuple in
        _ = tuple.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, 2, timeout) }
      }
      if events.1.revents != 0 { wakeUp.drain() }
      if events.0.revents != 0 { state = PQconnectPoll(handle) }
    }
    guard PQstatus(handle) == CONNECTION_OK else { return failure(of: handle) }
    guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else { return .other }
    socket = PQsocket(handle)
    cancelHandle = CancelHandle(handle)
    mode = .pipeline
    isBroken = false
    return nil
  }

  /// Our own settings go after the URL's, which wins only in the application name. The server enforces the statement timeout by itself, also
  /// when this process hangs; as start-up options the settings are what `RESET ALL` goes back to.
  private func start(_ settings: ConnectionSettings) -> OpaquePointer? {
    var options = settings["options"] ?? getenv("PGOPTIONS").map { String(cString: $0) } ?? ""
    options += " -c statement_timeout=\(min(configuration.statementTimeout.milliseconds, Int64(Int32.max)))"
    let parameters = [
      ("dbname", configuration.url), ("fallback_application_name", configuration.applicationName), ("client_encoding", "UTF8"),
      ("options", options),
    ]
    let keywords = parameters.map { strdup($0.0) }
    let values = parameters.map { strdup($0.1) }
    defer { for string in keywords + values { free(string) } }
    return PQconnectStartParams(keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
  }

  /// libpq tells no SQLSTATE of a failed attempt; the kind of failure is read from its message, and the message is kept to ourselves.
  private func failure(of handle: OpaquePointer) -> ConnectFailure {
    ConnectFailure(message: PQerrorMessage(handle).map { String(cString: $0) } ?? "")
  }

  /// Closes the connection and forgets everything about it.
  func disconnect() {
    if let handle { PQfinish(handle) }
    handle = nil
    socket = -1
    cancelHandle = nil
    mode = .pipeline
    wantsToWrite = false
    isCancelPending = false
    mayBeCancelled = false
    exposed = 0
    lastCancelAt = 0
    watchdogBit = false
    nullsInARow = 0
    variants = []
    failedPrepares = [:]
  }

  /// The connection is gone: whoever waits for something on its way is told, or sent to another connection where that is safe.
  func failEverything() {
    let segments = inFlight.removeAll()
    for (index, segment) in segments.enumerated() where segment.variant == nil {
      let isHead = index == 0
      if isHead, let headError {
        // The server's refusal came before the end: the unit was rolled back.
        let verdict = verdict(on: segment, headError, failedAt: headResults.count, wasHitByMistake: exposed > 0 && !watchdogBit)
        if let verdict { segment.job.finish(.failure(verdict)) } else { runAgain(segment.job) }
      } else if hasServerLeft, !isHead || headResults.count < segment.job.statements.count {
        // The server said good-bye before it had run all of the unit, so it cannot have committed it, nor begun those behind it.
        let hasRunLong = isHead && Monotonic.now - lastProgress > 1_000_000_000
        runAgain(segment.job, unless: hasRunLong)
      } else {
        segment.job.finish(.failure(.connectionLost))
      }
    }
    headError = nil
    headResults = []
    hasServerLeft = false
    mode.job?.finish(.failure(.connectionLost))
    mode = .pipeline
    giveBack()
    unitsOnTheirWay.store(0, ordering: .relaxed)
    finishListeners(.unavailable)
  }

  /// A unit of which nothing was committed goes to another connection, a few times at most.
  func runAgain(_ job: Job, unless isHopeless: Bool = false) {
    if role == .shared, !isHopeless, job.retries.add(1, ordering: .relaxed).newValue <= 3 {
      toRunAgain.append(job)
    } else {
      job.finish(.failure(.unavailable))
    }
  }
}

extension ConnectFailure {
  /// Reads the kind of failure from libpq's or the server's words, in English as long as the process sets no locale.
  init(message: String) {
    let kinds: [(ConnectFailure, [String])] = [
      (.startingOrStopping, ["starting up", "shutting down", "recovery mode", "not yet accepting"]),
      (.tooManyConnections, ["too many", "remaining connection slots"]),
      (.authentication, ["authentication failed", "no password supplied", "no pg_hba.conf entry", "not permitted to log in", "role \""]),
      (.unknownDatabase, ["database \""]),
      (.tls, ["SSL", "certificate", "TLS"]),
      (.timeout, ["timeout expired", "timed out"]),
      (
        .unreachable,
        ["Connection refused", "No such file", "could not translate", "No route", "unreachable", "closed the connection", "reset by peer"]
      ),
    ]
    self = kinds.first { kind in kind.1.contains { message.contains($0) } }?.0 ?? .other
  }
}
