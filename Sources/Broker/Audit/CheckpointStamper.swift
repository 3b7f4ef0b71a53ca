public import Foundation
public import JPKI
internal import PostgreSQL

/// Whoever puts time stamps to digests: an outside authority over HTTP, or what stands in for it.
public protocol TimeStampAuthority: Sendable {
  /// The answer to a TimeStampReq, as it came.
  func answer(_ request: [UInt8]) async throws(TimeStampFault) -> [UInt8]
}

/// Whom to ask for time stamps of checkpoints, and how often.
public struct TimeStampSettings: Sendable {
  /// The authority.
  public let authority: any TimeStampAuthority
  /// Certificates that it is trusted by, PEM.
  public let anchors: [UInt8]
  /// How old the last stamp of a log that has grown since may become, in seconds.
  public let intervalSeconds: TimeInterval

  /// Names all of it.
  public init(authority: any TimeStampAuthority, anchors: [UInt8], intervalSeconds: TimeInterval) {
    self.authority = authority
    self.anchors = anchors
    self.intervalSeconds = intervalSeconds
  }

  /// Asks for a stamp of these bytes, and believes it only where it verifies.
  public func stamp(_ bytes: [UInt8]) async throws(TimeStampFault) -> TimeStamp {
    var random = SystemRandomNumberGenerator()
    let nonce = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    let request = TimeStampRequest(over: bytes, nonce: nonce)
    return try TimeStamp(verifying: try await authority.answer(request.der), answering: request, anchors: anchors)
  }
}

/// Has the newest checkpoint of each log that has grown time-stamped: from then on nobody can say that what stands in it was written later.
struct CheckpointStamper: Sendable {
  let core: BrokerCore
  let settings: TimeStampSettings

  /// Stamps what is due of a tenant. No transaction is open while the authority is asked (law 11). Returns how many.
  func stamp(_ tenant: TenantID) async throws -> Int {
    let before = core.clock.now().addingTimeInterval(-settings.intervalSeconds)
    let due = try await core.database.query(tenant, AuditLogStore.unstamped, [.uuid(tenant.uuid), .timestamp(before)]).rows
    for row in due {
      let note = try row.text(2)
      let stamp = try await settings.stamp(Array(note.utf8))
      _ = try await core.database.query(
        tenant, AuditLogStore.stamp,
        [
          .uuid(tenant.uuid), .text(try row.text(0)), .int8(try row.int8(1)), .text(note), .timestamp(core.clock.now()), .bytes(stamp.der),
          .timestamp(core.clock.now()),
        ])
    }
    return due.count
  }
}
