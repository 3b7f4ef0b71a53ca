/// A moment's view of a pool, for metrics and readiness.
public struct PoolStatistics: Sendable, Equatable {
  /// Shared connections that are up.
  public var connections: Int
  /// Shared connections with nothing to do.
  public var idle: Int
  /// Units that wait to be sent.
  public var waiting: Int
  /// Units on their way.
  public var inFlight: Int
  /// Connections checked out for transactions, COPY and LISTEN.
  public var checkedOut: Int
  /// Tasks that wait for such a connection.
  public var waitingForCheckOut: Int
  /// Units answered since the pool was made, failed ones included.
  public var completed: Int
  /// Why the latest attempt to connect failed; `nil` once one succeeded.
  public var latestConnectFailure: ConnectFailure?
}

/// Why an attempt to connect failed, as far as may be told: the server's own words stay in this room.
public enum ConnectFailure: String, Sendable, CaseIterable {
  /// Nobody listens there.
  case unreachable
  /// No answer within the connect timeout.
  case timeout
  /// The server refused the user or the password.
  case authentication
  /// The database does not exist.
  case unknownDatabase
  /// TLS could not be agreed, or a certificate was not accepted.
  case tls
  /// All of the server's connection slots are taken.
  case tooManyConnections
  /// The server is starting, stopping or recovering.
  case startingOrStopping
  /// The URL cannot be read.
  case invalidURL
  /// Anything else.
  case other
}
