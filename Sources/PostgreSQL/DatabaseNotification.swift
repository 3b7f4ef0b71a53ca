/// What `NOTIFY` delivered.
public struct DatabaseNotification: Sendable, Equatable {
  /// The channel's name.
  public let channel: String
  /// The text sent with it, at most 8,000 bytes.
  public let payload: String
}
