internal import Foundation
internal import JOSE
internal import PostgreSQL

/// Reads a tenant's events, oldest first, from a cursor, waiting for new ones if asked to.
public struct EventService: Sendable {
  /// The longest wait for a new event, in seconds.
  public static let maximumWaitSeconds = 30

  let database: Database
  let audit: AuditTrail

  /// - Parameters:
  ///   - cursor: `nextAfter` of an earlier page; nil begins at the beginning.
  ///   - limit: 1…500.
  ///   - waitSeconds: 0…30: how long to wait where there is nothing yet.
  public func list(_ caller: Caller, after cursor: String?, limit: Int, waitSeconds: Int) async throws -> TenantEventPage {
    try caller.require(.events)
    var position = try Self.decode(cursor)
    let deadline = ContinuousClock.now.advanced(by: .seconds(min(max(waitSeconds, 0), Self.maximumWaitSeconds)))
    while true {
      let results = try await database.unit(
        caller.tenantID,
        [
          BoundStatement(
            EventStore.list,
            [
              .uuid(caller.tenantID.uuid), .text(String(position.transaction)), .uuid(position.event),
              .int4(Int32(min(max(limit, 1), 500))),
            ])
        ])
      var events: [TenantEvent] = []
      for row in results[0].rows {
        position = (try row.int8(6), try row.uuid(0))
        guard let kind = TenantEvent.Kind(rawValue: try row.text(1))?.told(to: caller.status) else { continue }
        events.append(
          TenantEvent(
            id: EventID(try row.uuid(0)), at: try row.timestamp(5), kind: kind, subjectID: try row.optionalUUID(2).map(SubjectID.init),
            pairID: try row.optionalUUID(3).map(PairID.init), consentID: try row.optionalUUID(4).map(ConsentID.init)))
      }
      if !events.isEmpty || ContinuousClock.now >= deadline {
        _ = try await database.unit(
          caller.tenantID, [audit.record(.eventsRead, by: caller, detail: ["count": String(events.count)])])
        return TenantEventPage(events: events, nextAfter: Self.encode(position))
      }
      try await Task.sleep(for: .milliseconds(250))
    }
  }

  private static func encode(_ position: (transaction: Int64, event: UUID)) -> String {
    Base64URL.encode(Array("\(position.transaction)/\(position.event.uuidString)".utf8))
  }

  private static func decode(_ cursor: String?) throws(Refusal) -> (transaction: Int64, event: UUID) {
    guard let cursor, !cursor.isEmpty else { return (0, UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))) }
    guard cursor.utf8.count <= 128, let bytes = Base64URL.decode(cursor) else { throw invalidCursor }
    let parts = String(decoding: bytes, as: UTF8.self).split(separator: "/")
    guard parts.count == 2, let transaction = Int64(parts[0]), let event = UUID(uuidString: String(parts[1])) else { throw invalidCursor }
    return (transaction, event)
  }

  private static let invalidCursor = Refusal(
    .invalid, "pageTokenInvalid", "The cursor is not one of ours.",
    nextStep: "Take it from nextAfter of an earlier answer, or leave it out.")
}
