public import Hummingbird

/// Pages that another room serves on the broker's listener, behind the same edge: limits, standing headers, log line and metrics.
public struct MountedPages: Sendable {
  /// Answers a request; never throws: whatever goes wrong is a page of theirs. `address` is where the request came from.
  public typealias Responder =
    @Sendable (_ request: Request, _ requestID: String, _ address: String) async -> (route: String, response: Response)

  let paths: [String]
  let respond: Responder

  /// - Parameters:
  ///   - paths: first parts of paths, such as `/console`.
  ///   - respond: answers everything at and below them; its `route` is for metrics and log, and names no ids.
  public init(paths: [String], respond: @escaping Responder) {
    self.paths = paths
    self.respond = respond
  }

  func serve(_ path: String) -> Bool { paths.contains { path == $0 || path.hasPrefix($0 + "/") } }
}
