import Foundation

/// The ways into the cluster that `Deploy/test` started, from the process's environment.
public struct TestEnvironment: Sendable {
  /// Tests were started by themselves, without a cluster.
  public struct Missing: Error, CustomStringConvertible {
    /// The variable that is absent.
    public let variable: String
    /// What to do instead.
    public var description: String {
      "\(variable) is not set: tests that need PostgreSQL are run by Deploy/test (also with --filter PATTERN)."
    }
  }

  private static let roles = ["SUPERUSER", "OWNER", "APP", "JOBS", "OPERATOR", "READER"]
  private let urls: [String: String]

  /// Reads `YONJO_…_URL`; throws ``Missing`` where one is absent.
  public init() throws {
    var urls: [String: String] = [:]
    for role in Self.roles {
      let variable = "YONJO_\(role)_URL"
      guard let url = ProcessInfo.processInfo.environment[variable], !url.isEmpty else { throw Missing(variable: variable) }
      urls[role] = url
    }
    self.urls = urls
  }

  /// A role's URL for another database of the cluster. In libpq's URIs a parameter `dbname` wins over the path.
  func url(_ role: String, database: String) -> String {
    let url = urls[role] ?? ""
    return url + (url.contains("?") ? "&" : "?") + "dbname=\(database)"
  }
}
