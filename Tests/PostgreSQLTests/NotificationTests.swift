import PostgreSQL
import Testing

@Suite struct NotificationTests {
  private static let notify = Statement("notify", "SELECT pg_notify($1, $2)")

  @Test func notificationsArriveInOrderOnTheirChannels() async throws {
    try await withPool { pool, _ in
      try await pool.withConnection { connection in
        let events = try await connection.listen("events")
        let others = try await connection.listen("Other \"channel\"")
        for index in 0..<100 { try await pool.query(Self.notify, [.text("events"), .text("出来事 \(index)")]) }
        try await pool.query(Self.notify, [.text("Other \"channel\""), .text("x")])
        var received = 0
        for try await notification in events {
          #expect(notification == DatabaseNotification(channel: "events", payload: "出来事 \(received)"))
          received += 1
          if received == 100 { break }
        }
        for try await notification in others {
          #expect(notification.payload == "x")
          break
        }
      }
    }
  }

  @Test func aStreamEndsWithItsLoanAndWithThePool() async throws {
    try await withPool(configure: { $0.maximumCheckedOut = 1 }) { pool, _ in
      let stream = try await pool.withConnection { try await $0.listen("events") }
      for try await _ in stream { Issue.record("nothing was sent") }
      // The next borrower hears nothing of it.
      let isListening = Flag()
      let hasHeard = Flag()
      let reader = Task {
        try await pool.withConnection { connection in
          var count = 0
          let stream = try await connection.listen("other")
          isListening.set()
          for try await _ in stream {
            count += 1
            hasHeard.set()
          }
          return count
        }
      }
      _ = try await eventually { isListening.isSet }
      try await pool.query(Self.notify, [.text("events"), .text("")])
      try await pool.query(Self.notify, [.text("other"), .text("")])
      _ = try await eventually { hasHeard.isSet }
      await pool.close()
      #expect(try await reader.value == 1)
    }
  }
}
