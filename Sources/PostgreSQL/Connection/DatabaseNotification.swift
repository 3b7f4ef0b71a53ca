/// What `NOTIFY` delivered.
public struct DatabaseNotification: Sendable, Equatable {
  /// The channel's name.
  public let channel: String
  /// The text sent with it, at most 8,000 bytes.
  public let payload: String

  /// For tests and simulations.
  public init(channel: String, payload: String) {
    self.channel = channel
    self.payload = payload
  }
}

/// Where a connection's thread puts notifications.
typealias DatabaseNotificationStream = AsyncThrowingStream<DatabaseNotification, any Error>.Continuation
