import CLibPQ

/// What libpq cannot do in a pipeline: the simple protocol, COPY. On exclusive connections only, one thing at a time.
extension Connection {
  /// COPY data goes up in chunks of about this size.
  private static let chunkBytes = 64 << 10

  func beginSpecial(_ job: Job) {
    switch (job.kind, mode) {
    case (.simple(let sql), .pipeline): begin(sql, as: .simple(job))
    case (.listen(let channel, let stream), .pipeline):
      // Registered first: a notification may come in the same packet as the answer.
      listeners[channel, default: []].append(stream)
      begin("LISTEN \"\(channel.replacing("\"", with: "\"\""))\"", as: .simple(job))
    case (.endListening, .pipeline):
      finishListeners(nil)
      job.finish(.success(.none))
    case (.copyInBegin(let sql), .pipeline): begin(sql, as: .copyInStarting(job))
    case (.copyOutBegin(let sql), .pipeline): begin(sql, as: .copyOutStarting(job))
    case (.copyInData(let bytes), .copyIn): copyIn(bytes, job)
    case (.copyInEnd(let abort), .copyIn):
      mode = .copyInEnding(job)
      if PQputCopyEnd(handle, abort ? "given up" : nil) != 1 { isBroken = true }
    case (.copyOutRead, .copyOut):
      mode = .copyOutReading(job)
      readCopy(job)
    case (.copyOutRead, .copyOutTail):
      mode = .copyOutEnding(job)
      advanceSpecial()
    case (.copyOutRead, .pipeline): job.finish(.success(.chunk(nil)))
    default: job.finish(.failure(.misuse(statement: job.statement.name)))
    }
  }

  private func begin(_ sql: String, as mode: Mode) {
    self.mode = mode
    headError = nil
    if PQexitPipelineMode(handle) == 0 || PQsendQuery(handle, sql) == 0 { isBroken = true }
  }

  private func copyIn(_ bytes: [UInt8], _ job: Job) {
    mode = .copyInWriting(job)
    let queued = bytes.withUnsafeBytes { raw in
      PQputCopyData(handle, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: raw.count))
    }
    // 0 would mean that libpq could not even queue the data; then there is no way to go on in order.
    if queued != 1 { isBroken = true }
  }

  /// Goes on as far as what has arrived allows.
  func advanceSpecial() {
    guard let handle else { return }
    if case .copyOutReading(let job) = mode {
      readCopy(job)
      return
    }
    lastProgress = Monotonic.now
    while !isBroken, isAwaitingResult, PQisBusy(handle) == 0 {
      guard let result = PQgetResult(handle) else {
        endSpecial()
        return
      }
      take(result)
    }
  }

  private var isAwaitingResult: Bool {
    switch mode {
    case .simple, .copyInStarting, .copyInEnding, .copyOutStarting, .copyOutEnding: true
    default: false
    }
  }

  private func take(_ result: OpaquePointer) {
    switch (PQresultStatus(result), mode) {
    case (PGRES_COPY_IN, .copyInStarting(let job)):
      mode = .copyIn
      job.finish(.success(.none))
    case (PGRES_COPY_OUT, .copyOutStarting(let job)):
      mode = .copyOut
      job.finish(.success(.none))
    case (PGRES_COPY_IN, .copyInEnding): break
    case (PGRES_COPY_IN, let mode), (PGRES_COPY_OUT, let mode), (PGRES_COPY_BOTH, let mode):
      // COPY where none was expected; nobody will feed or read it.
      if let job = mode.job { headError = .misuse(statement: job.statement.name) }
      isBroken = true
    case (PGRES_FATAL_ERROR, let mode):
      guard let job = mode.job, headError == nil else { break }
      headError = PostgreSQLError(result: result, statement: job.statement)
      if headError == nil { isBroken = true }
      if headError?.sqlState == "57014" { headError = job.isCancelled ? .cancelled : .timeout }
      if headError?.sqlState?.hasPrefix("57P") == true { headError = .connectionLost }
    case (PGRES_COMMAND_OK, .copyInEnding): copiedRows = Int(affectedRowsOf: result)
    case (PGRES_COMMAND_OK, .copyInStarting(let job)), (PGRES_COMMAND_OK, .copyOutStarting(let job)),
      (PGRES_TUPLES_OK, .copyInStarting(let job)), (PGRES_TUPLES_OK, .copyOutStarting(let job)):
      headError = .misuse(statement: job.statement.name)
    default: break
    }
    PQclear(result)
  }

  private func endSpecial() {
    let error = headError
    headError = nil
    let job = mode.job
    let answer: Answer
    switch mode {
    case .copyInEnding: answer = .count(copiedRows)
    case .copyOutEnding: answer = .chunk(nil)
    default: answer = .none
    }
    mode = .pipeline
    if PQenterPipelineMode(handle) == 0 { isBroken = true }
    job?.finish(error.map { .failure($0) } ?? .success(answer))
  }

  /// Whole rows, until there is a chunk's worth or nothing more has arrived.
  private func readCopy(_ job: Job) {
    guard let handle else { return }
    var chunk: [UInt8] = []
    while chunk.count < Self.chunkBytes {
      var row: UnsafeMutablePointer<CChar>?
      let length = PQgetCopyData(handle, &row, 1)
      if length > 0, let row {
        chunk.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(length)))
        PQfreemem(row)
      } else if length == 0 {
        break
      } else {
        lastProgress = Monotonic.now
        if chunk.isEmpty {
          mode = .copyOutEnding(job)
          advanceSpecial()
        } else {
          mode = .copyOutTail
          job.finish(.success(.chunk(chunk)))
        }
        return
      }
    }
    if chunk.isEmpty { return }
    lastProgress = Monotonic.now
    mode = .copyOut
    job.finish(.success(.chunk(chunk)))
  }

  // MARK: Notifications

  func receiveNotifications() {
    guard let handle else { return }
    while let notification = PQnotifies(handle) {
      let channel = String(cString: notification.pointee.relname)
      let payload = notification.pointee.extra.map { String(cString: $0) } ?? ""
      PQfreemem(notification)
      for listener in listeners[channel] ?? [] { listener.yield(DatabaseNotification(channel: channel, payload: payload)) }
    }
  }

  func finishListeners(_ error: PostgreSQLError?) {
    for listener in listeners.values.joined() {
      if let error { listener.finish(throwing: error) } else { listener.finish() }
    }
    listeners = [:]
  }
}

extension Connection.Mode {
  /// The job that waits in this mode.
  var job: Job? {
    switch self {
    case .simple(let job), .copyInStarting(let job), .copyInWriting(let job), .copyInEnding(let job), .copyOutStarting(let job),
      .copyOutReading(let job), .copyOutEnding(let job):
      job
    case .pipeline, .copyIn, .copyOut, .copyOutTail: nil
    }
  }
}
