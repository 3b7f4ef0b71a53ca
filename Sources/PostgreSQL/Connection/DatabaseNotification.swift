/// What `NOTIFY` delivered.
public struct DatabaseNotification: Sendable, Equatable {
  /// The channel's name.
  public let channel: String
  /// The text sent with it, at most 8,000 bytes.
  public let payload: String
}

/// Where a connection's thread puts notifications.
typealias DatabaseNotificationStream = AsyncThrowingStream<DatabaseNotification, any Error>.Continuation
