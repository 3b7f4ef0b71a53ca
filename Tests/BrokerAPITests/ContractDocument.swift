import Foundation

/// OpenAPI/openapi.yaml, read far enough to compare it with the code: paths, methods, enumerations. Tests/Contract reads it as a whole.
struct ContractDocument {
  private let lines: [Substring]
  /// The package's root.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  init() throws {
    let text = try String(contentsOf: Self.root.appendingPathComponent("OpenAPI/openapi.yaml"), encoding: .utf8)
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// `METHOD /path` of every operation.
  var operations: Set<String> {
    var found: Set<String> = []
    var path = ""
    var isInPaths = false
    for line in lines {
      if !line.hasPrefix(" ") { isInPaths = line.hasPrefix("paths:") }
      guard isInPaths else { continue }
      if line.hasPrefix("  /"), line.hasSuffix(":") { path = String(line.dropFirst(2).dropLast()) }
      let methods = ["get", "post", "put", "patch", "delete"]
      if line.hasPrefix("    "), !line.hasPrefix("     "), let method = methods.first(where: { line.dropFirst(4) == "\($0):" }) {
        found.insert("\(method.uppercased()) \(path)")
      }
    }
    return found
  }

  /// The values of a schema's `enum`, written in one line or one a line.
  func enumeration(_ schema: String) -> [String] {
    guard let start = lines.firstIndex(where: { $0.hasPrefix("    \(schema):") }) else { return [] }
    var body = [lines[start]]
    body += lines[(start + 1)...].prefix { $0.hasPrefix("      ") || $0.isEmpty }
    guard let place = body.firstIndex(where: { $0.contains("enum:") }), let range = body[place].range(of: "enum:") else { return [] }
    let rest = body[place][range.upperBound...]
    if let open = rest.firstIndex(of: "["), let close = rest.firstIndex(of: "]") {
      return rest[rest.index(after: open)..<close].split(separator: ",").map(Self.plain)
    }
    return body[(place + 1)...].prefix { $0.drop { $0 == " " }.hasPrefix("- ") }.map { Self.plain($0.drop { $0 == " " }.dropFirst(2)) }
  }

  private static func plain(_ text: Substring) -> String { text.filter { $0 != " " && $0 != "'" && $0 != "\"" } }

  /// The codes of all refusals that the sources name: the first camelCase string after a refusal's kind or pointer.
  static func refusalCodes() throws -> Set<String> {
    var codes: Set<String> = []
    let pattern = /(?:Refusal\(\s*\.\w+(?:\([^)]*\))?|\.field\(\s*[^,]+|Problem\(\s*\d{3}),\s*"([a-z][A-Za-z]+)"/
    for room in ["Broker", "BrokerAPI"] {
      let directory = root.appendingPathComponent("Sources/\(room)")
      guard let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil) else { continue }
      for case let file as URL in files where file.pathExtension == "swift" {
        let text = try String(contentsOf: file, encoding: .utf8)
        for match in text.matches(of: pattern) { codes.insert(String(match.1)) }
      }
    }
    return codes
  }
}
