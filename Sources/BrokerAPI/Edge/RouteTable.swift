import HTTPTypes
import Hummingbird

/// The routes as templates, to find out which methods a path would take: asked only where the router knew no answer.
struct RouteTable: Sendable {
  private struct Entry: Sendable {
    let segments: [Substring]
    let method: String
  }

  private let entries: [Entry]

  init(_ routes: [(path: String, method: String)]) {
    entries = routes.map { Entry(segments: $0.path.split(separator: "/").map { $0[...] }, method: $0.method) }
  }

  /// Methods of the routes that this path fits, sorted; empty where it fits none.
  func methods(at path: String) -> [String] {
    let segments = path.split(separator: "/")
    let fitting = entries.filter { entry in
      entry.segments.count == segments.count && zip(entry.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
    // A fixed segment outweighs a captured one: `/v1/consents/search` is no consent's id.
    let fixed = fitting.filter { $0.segments == segments }
    return Set((fixed.isEmpty ? fitting : fixed).map(\.method)).sorted()
  }
}
