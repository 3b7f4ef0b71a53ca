/// `COPY … FROM STDIN (FORMAT binary)`.
enum CopyIn {
  private static let chunkBytes = 64 << 10
  /// "PGCOPY\n\377\r\n\0", no flags, no header extension.
  private static let header: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]
  private static let trailer: [UInt8] = [0xFF, 0xFF]

  static func run<Rows: AsyncSequence>(
    _ statement: Statement, rows: Rows, on loan: Loan, push: @escaping (Job) -> PostgreSQLError?
  ) async throws -> Int where Rows.Element == [SQLValue] {
    try await CopyTimeout.lift(on: loan)
    _ = try await loan.run(.copyInBegin(statement.sql), statement, push: push)
    do {
      try await send(rows, statement, loan, push)
    } catch {
      // The server must leave COPY even though the task may be cancelled; of its answer only the failure is of interest, and that we have.
      _ = try? await loan.run(.copyInEnd(abort: true), statement, isCancellable: false)
      await CopyTimeout.restore(on: loan)
      throw error
    }
    let answer: Answer
    do { answer = try await loan.run(.copyInEnd(abort: false), statement, push: push) } catch {
      await CopyTimeout.restore(on: loan)
      throw error
    }
    await CopyTimeout.restore(on: loan)
    guard case .count(let count) = answer else { return 0 }
    return count
  }

  private static func send<Rows: AsyncSequence>(
    _ rows: Rows, _ statement: Statement, _ loan: Loan, _ push: @escaping (Job) -> PostgreSQLError?
  ) async throws where Rows.Element == [SQLValue] {
    let encoder = ParameterEncoder()
    encoder.append(header)
    for try await row in rows {
      guard row.count <= Int(Int16.max) else { throw PostgreSQLError.misuse(statement: statement.name) }
      encoder.appendCopyRow(row)
      guard encoder.count <= ParameterEncoder.maximumBytes else { throw PostgreSQLError.misuse(statement: statement.name) }
      if encoder.count >= chunkBytes {
        _ = try await loan.run(.copyInData(Array(encoder.bytes)), statement, push: push)
        encoder.reset()
      }
    }
    encoder.append(trailer)
    _ = try await loan.run(.copyInData(Array(encoder.bytes)), statement, push: push)
  }
}

/// `COPY … TO STDOUT`.
enum CopyOut {
  static func run(
    _ statement: Statement, on loan: Loan, push: @escaping (Job) -> PostgreSQLError?
  ) async throws(PostgreSQLError) -> AsyncThrowingStream<[UInt8], any Error> {
    try await CopyTimeout.lift(on: loan)
    do { _ = try await loan.run(.copyOutBegin(statement.sql), statement, push: push) } catch {
      await CopyTimeout.restore(on: loan)
      throw error
    }
    loan.setCopyingOut(true)
    // Pulled, not pushed: nothing is read from the server before the consumer asks.
    return AsyncThrowingStream {
      guard loan.isCopyingOut else { return nil }
      let answer = await Job(.copyOutRead, statement: statement.entry, timeout: loan.timeout).run(loan.push)
      switch answer {
      case .success(.chunk(.some(let chunk))): return chunk
      case .success:
        loan.setCopyingOut(false)
        await CopyTimeout.restore(on: loan)
        return nil
      case .failure(let error):
        if error != .cancelled { loan.setCopyingOut(false) }
        throw error
      }
    }
  }
}

/// COPY goes on as long as the other side has data, or takes it: a limit on the whole statement would be arbitrary. Silence is still limited.
private enum CopyTimeout {
  static func lift(on loan: Loan) async throws(PostgreSQLError) {
    guard loan.timeoutMilliseconds > 0 else { return }
    try await loan.simple("SET statement_timeout = 0", name: Housekeeping.statementTimeout)
  }

  /// In an aborted transaction this fails, and the rollback does it.
  static func restore(on loan: Loan) async {
    guard loan.timeoutMilliseconds > 0 else { return }
    try? await loan.simple("SET statement_timeout = \(loan.timeoutMilliseconds)", name: Housekeeping.statementTimeout, isCancellable: false)
  }
}
