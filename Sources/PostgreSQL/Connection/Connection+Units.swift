import CLibPQ
import Synchronization

extension Connection {
  // MARK: Sending

  /// Puts a unit into the pipeline: first what it needs prepared, each ending in a Sync of its own so that it outlives the unit's failure and
  /// fails alone; then its statements and one Sync.
  func send(_ job: Job) {
    guard let handle else { return }
    let statements = job.statements
    chosen.removeAll(keepingCapacity: true)
    for bound in statements {
      guard bound.parameters.count <= ParameterEncoder.maximumParameters else {
        job.finish(.failure(.misuse(statement: bound.statement.name)))
        return
      }
      chosen.append(variant(for: bound) ?? prepare(bound, for: job, handle))
    }
    var refusal: PostgreSQLError?
    for index in statements.indices {
      let parameters = statements[index].parameters
      if !encoder.encode(parameters) {
        // What went before must not be committed: a statement that does not exist makes the server abort the unit.
        refusal = .misuse(statement: statements[index].statement.name)
        encoder.reset()
        if PQsendQueryPrepared(handle, "yonjo_refused", 0, nil, nil, nil, 1) == 0 { isBroken = true }
        break
      }
      let sent = PQsendQueryPrepared(
        handle, chosen[index].serverName, Int32(parameters.count), encoder.pointers, encoder.lengths, encoder.formats, 1)
      if sent == 0 {
        isBroken = true
        break
      }
    }
    guard !isBroken, PQpipelineSync(handle) == 1 else {
      // Without its Sync the server commits nothing of it.
      isBroken = true
      runAgain(job)
      return
    }
    inFlight.append(Segment(job: job, variant: nil, refusal: refusal))
  }

  private func variant(for bound: BoundStatement) -> PreparedVariant? {
    let id = bound.statement.entry.id
    guard id < variants.count else { return nil }
    for variant in variants[id] where variant.accepts(bound.parameters) { return variant }
    return nil
  }

  private func prepare(_ bound: BoundStatement, for job: Job, _ handle: OpaquePointer) -> PreparedVariant {
    let entry = bound.statement.entry
    while variants.count <= entry.id { variants.append([]) }
    var types = bound.parameters.map(\.typeOID)
    // Where a null hides a type, an earlier variant may know it, so that in the end one variant takes all.
    for index in types.indices where types[index] == TypeOID.unspecified {
      types[index] =
        variants[entry.id].lazy.filter { $0.types.count == types.count }.map { $0.types[index] }.first { $0 != TypeOID.unspecified }
        ?? TypeOID.unspecified
    }
    variantsMade += 1
    let variant = PreparedVariant(statement: entry, types: types, number: variantsMade)
    variants[entry.id].insert(variant, at: 0)
    if PQsendPrepare(handle, variant.serverName, entry.sql, Int32(types.count), types) == 0 || PQpipelineSync(handle) == 0 {
      isBroken = true
    }
    inFlight.append(Segment(job: job, variant: variant, refusal: nil))
    return variant
  }

  // MARK: Receiving

  /// Takes all results that are there. Every statement of a segment gives one result and a null, its Sync one result and no null.
  func receiveUnits() {
    guard let handle else { return }
    while !isBroken, let segment = inFlight.first, PQisBusy(handle) == 0 {
      guard let result = PQgetResult(handle) else {
        nullsInARow += 1
        // libpq holds nothing more though we expect something: we no longer understand each other.
        if nullsInARow > 2 { isBroken = true }
        continue
      }
      nullsInARow = 0
      switch PQresultStatus(result) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
        let statements = segment.job.statements
        if segment.variant == nil, headResults.count < statements.count {
          headResults.append(QueryResult(storage: ResultStorage(result, statement: statements[headResults.count].statement.entry)))
        } else {
          PQclear(result)
        }
      case PGRES_PIPELINE_SYNC:
        PQclear(result)
        finishHead(segment)
      case PGRES_PIPELINE_ABORTED:
        PQclear(result)
      case PGRES_FATAL_ERROR:
        noteError(result, segment)
        PQclear(result)
      default:
        // COPY inside a unit, which pipelines cannot carry: libpq cannot go on from here.
        PQclear(result)
        headError = .misuse(statement: segment.job.statement.name)
        isBroken = true
      }
    }
  }

  private func noteError(_ result: OpaquePointer, _ segment: Segment) {
    let statements = segment.job.statements
    let failed = segment.variant?.statement ?? (headResults.count < statements.count ? statements[headResults.count].statement.entry : nil)
    guard let error = PostgreSQLError(result: result, statement: failed ?? segment.job.statement) else {
      isBroken = true
      return
    }
    // Class 57P: the server ends this connection. Whatever else it does, it reads nothing more from it.
    if error.sqlState?.hasPrefix("57P") == true { hasServerLeft = true } else if headError == nil { headError = error }
  }

  private func finishHead(_ segment: Segment) {
    _ = inFlight.popFirst()
    let error = headError
    let results = headResults
    headError = nil
    headResults = []
    let now = Monotonic.now
    queue.took(from: lastProgress, to: now)
    lastProgress = now
    progressAt.store(now, ordering: .relaxed)
    let overran = watchdogBit
    watchdogBit = false
    // A cancel request names a backend, not a statement: what was on its way with the unit it was meant for may be hit instead.
    let wasExposed = exposed > 0
    if wasExposed { exposed -= 1 }
    unitsOnTheirWay.store(inFlight.count, ordering: .relaxed)
    if let variant = segment.variant {
      finishPrepare(variant, error)
      return
    }
    unitsCompleted.add(1, ordering: .relaxed)
    guard let error else {
      segment.job.finish(.success(.results(results)))
      return
    }
    if let verdict = verdict(on: segment, error, failedAt: results.count, wasHitByMistake: wasExposed && !overran) {
      segment.job.finish(.failure(verdict))
    } else {
      segment.job.retries.add(1, ordering: .relaxed)
      toRunAgain.append(segment.job)
    }
  }

  private func finishPrepare(_ variant: PreparedVariant, _ error: PostgreSQLError?) {
    let id = variant.statement.id
    guard let error else {
      failedPrepares[id] = nil
      return
    }
    variants[id].removeAll { $0 === variant }
    failedPrepares[id] = error.sqlState == "57014" ? .timeout : error
  }

  /// What the task is told; `nil` to run the unit again, which is possible because all of it was rolled back.
  func verdict(on segment: Segment, _ error: PostgreSQLError, failedAt index: Int, wasHitByMistake: Bool) -> PostgreSQLError? {
    let job = segment.job
    if let refusal = segment.refusal { return refusal }
    let mayRetry = role == .shared && job.retries.load(ordering: .relaxed) < 3
    switch error.sqlState {
    case "57014":
      if job.isCancelled { return .cancelled }
      return wasHitByMistake && mayRetry ? nil : .timeout
    case "26000", "0A000", "25P02":
      guard index < job.statements.count else { return error }
      let entry = job.statements[index].statement.entry
      // The statement could not be prepared: that is the error to tell; unless preparing it was cancelled, perhaps by mistake.
      if let cause = failedPrepares[entry.id], error.sqlState != "0A000" {
        guard cause == .timeout else { return cause }
        if job.isCancelled { return .cancelled }
        return mayRetry && job.retries.load(ordering: .relaxed) == 0 ? nil : .timeout
      }
      if error.sqlState == "25P02" { return error }
      // Somebody deallocated the statement, or a table changed under its plan: prepare it anew.
      if entry.id < variants.count { variants[entry.id] = [] }
      return mayRetry && job.retries.load(ordering: .relaxed) == 0 ? nil : error
    default: return error
    }
  }
}

extension PostgreSQLError {
  /// What may be told of a server's error; `nil` if it is libpq's own, about a lost connection.
  init?(result: OpaquePointer, statement: StatementEntry) {
    // PG_DIAG_SQLSTATE and PG_DIAG_CONSTRAINT_NAME.
    guard let sqlState = PQresultErrorField(result, Int32(UInt8(ascii: "C"))) else { return nil }
    let constraint = PQresultErrorField(result, Int32(UInt8(ascii: "n"))).map { String(cString: $0) }
    self = .server(sqlState: String(cString: sqlState), constraint: constraint, statement: statement.name)
  }
}
