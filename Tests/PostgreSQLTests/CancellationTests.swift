import PostgreSQL
import Testing

@Suite struct CancellationTests {
  @Test func aRunningUnitIsCancelledWithItsTask() async throws {
    try await withPool(configure: { $0.maximumConnections = 1 }) { pool, _ in
      try await pool.query(SQL.one)
      let clock = ContinuousClock()
      let started = clock.now
      let task = Task { await failure { try await pool.query(SQL.sleep, [.double(30)]) } }
      try await Task.sleep(for: .milliseconds(200))
      task.cancel()
      #expect(await task.value == .cancelled)
      #expect(clock.now - started < .seconds(10))
      #expect(try await pool.query(SQL.one).requireRow().int(0) == 1)
    }
  }

  @Test func aWaitingUnitLeavesTheQueueWithItsTask() async throws {
    try await withPool(configure: {
      $0.maximumConnections = 1
      $0.maximumInFlight = 1
    }) { pool, _ in
      try await pool.query(SQL.makeTable)
      async let slow = pool.query(SQL.sleep, [.double(0.7)])
      _ = try await eventually { pool.statistics.inFlight > 0 }
      let task = Task { await failure { try await pool.query(SQL.insert, [.int(1), .text("never")]) } }
      _ = try await eventually { pool.statistics.waiting > 0 }
      task.cancel()
      #expect(await task.value == .cancelled)
      _ = try await slow
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 0)
    }
  }

  @Test func neighboursOfACancelledUnitAreRunAgainIfTheyWereHit() async throws {
    try await withPool(configure: { $0.maximumConnections = 1 }) { pool, _ in
      try await pool.query(SQL.makeTable)
      for round in 0..<10 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          let slow = Task { await failure { try await pool.query(SQL.sleep, [.double(0.05)]) } }
          for index in 0..<40 {
            group.addTask { try await pool.query(SQL.insert, [.int(round * 100 + index), .text("kept")]) }
          }
          try await Task.sleep(for: .milliseconds(round * 7))
          slow.cancel()
          try await group.waitForAll()
          let outcome = await slow.value
          #expect(outcome == nil || outcome == .cancelled)
        }
      }
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 400)
    }
  }

  @Test func aCancelledTransactionIsRolledBack() async throws {
    try await withPool(configure: { $0.maximumCheckedOut = 1 }) { pool, _ in
      try await pool.query(SQL.makeTable)
      let task = Task {
        await failure {
          try await pool.transaction { transaction in
            try await transaction.query(SQL.insert, [.int(1), .text("a")])
            try await transaction.query(SQL.sleep, [.double(30)])
          }
        }
      }
      try await Task.sleep(for: .milliseconds(300))
      task.cancel()
      #expect(await task.value == .cancelled)
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 0)
      // The one connection has come back usable.
      try await pool.transaction { _ = try await $0.query(SQL.insert, [.int(2), .text("b")]) }
    }
  }

  @Test func whoIsCancelledBeforeHeBeginsRunsNothing() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return [
          await failure { try await pool.query(SQL.insert, [.int(1), .text("a")]) },
          await failure { try await pool.transaction { _ = try await $0.query(SQL.insert, [.int(2), .text("b")]) } },
        ]
      }
      #expect(await task.value == [.cancelled, .cancelled])
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 0)
    }
  }
}
