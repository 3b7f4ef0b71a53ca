import CLibPQ

/// How to reach a database, and the limits within which this process uses it. Prints neither password nor URL.
public struct PostgreSQLConfiguration: Sendable {
  /// A libpq URI or keyword string. Empty means libpq's own environment (`PGHOST`, `PGSERVICE`, …). TLS is libpq's: `sslmode`, `sslrootcert`, ….
  public var url: String
  /// Shared connections, on which units of work are pipelined; 1…128, default 8.
  public var maximumConnections: Int
  /// Connections apart from the shared ones, for transactions, COPY and LISTEN; 1…128, default 8.
  public var maximumCheckedOut: Int
  /// Units of work that may wait for a connection before more are refused with ``PostgreSQLError/poolExhausted``; default 10,000.
  public var maximumQueued: Int
  /// Units that may be on their way on one shared connection; default 64.
  public var maximumInFlight: Int
  /// How long a unit, or a task that wants a connection of its own, waits; default 5 s.
  public var acquireTimeout: Duration
  /// How long one statement may run; default 30 s. `.zero` means for ever.
  public var statementTimeout: Duration
  /// How long one attempt to connect may take; default 5 s.
  public var connectTimeout: Duration
  /// The longest pause between two attempts to connect; default 5 s.
  public var maximumBackOff: Duration
  /// Shown in `pg_stat_activity`.
  public var applicationName: String

  /// Makes a configuration; the counts are brought into their limits.
  public init(
    url: String,
    maximumConnections: Int = 8,
    maximumCheckedOut: Int = 8,
    maximumQueued: Int = 10_000,
    maximumInFlight: Int = 64,
    acquireTimeout: Duration = .seconds(5),
    statementTimeout: Duration = .seconds(30),
    connectTimeout: Duration = .seconds(5),
    maximumBackOff: Duration = .seconds(5),
    applicationName: String = "yonjo"
  ) {
    self.url = url
    self.maximumConnections = min(max(maximumConnections, 1), 128)
    self.maximumCheckedOut = min(max(maximumCheckedOut, 1), 128)
    self.maximumQueued = max(maximumQueued, 1)
    self.maximumInFlight = min(max(maximumInFlight, 1), 1024)
    self.acquireTimeout = acquireTimeout
    self.statementTimeout = statementTimeout
    self.connectTimeout = connectTimeout
    self.maximumBackOff = maximumBackOff
    self.applicationName = applicationName
  }
}

extension PostgreSQLConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Host, port, database and user; nothing else of the URL.
  public var description: String {
    guard let settings = ConnectionSettings(parsing: url) else { return "PostgreSQLConfiguration(unreadable URL)" }
    let shown = ["host", "port", "dbname", "user"].compactMap { key in settings[key].map { "\(key): \($0)" } }
    return "PostgreSQLConfiguration(\(shown.joined(separator: ", ")))"
  }

  /// The same as ``description``.
  public var debugDescription: String { description }

  /// Shows no children, so that `dump` prints no password.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The keywords of a connection string, as libpq reads it. Internal, and never printed.
struct ConnectionSettings {
  private var values: [String: String] = [:]

  subscript(key: String) -> String? { values[key] }

  /// `nil` where libpq cannot read the string. Its message is not kept: it may quote the password.
  init?(parsing url: String) {
    var message: UnsafeMutablePointer<CChar>?
    defer { PQfreemem(message) }
    guard let options = PQconninfoParse(url, &message) else { return nil }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
  }
}
