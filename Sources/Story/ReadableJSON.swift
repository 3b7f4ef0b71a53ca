import JOSE

/// How the story shows JSON: indented, ids and results first, long values shortened to their beginning, end and length.
enum ReadableJSON {
  /// What a reader looks for first; the rest follows by name.
  private static let first = ["id", "status", "state", "code", "result", "matched", "outcome", "subject", "pair"]
  /// A value longer than this is shortened.
  static let longest = 64

  static func lines(of value: JSONValue) -> [String] {
    write(value, indent: "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  static func shortened(_ text: String) -> String {
    guard text.count > longest else { return text }
    return "\(text.prefix(28))…\(text.suffix(8)) (\(text.count) characters)"
  }

  private static func write(_ value: JSONValue, indent: String) -> String {
    switch value {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let value): return String(value)
    case .string(let value): return "\"\(escaped(shortened(value)))\""
    case .array(let elements):
      if elements.isEmpty { return "[]" }
      if elements.allSatisfy({ $0.elements.isEmpty && $0.members.isEmpty }) {
        let line = "[" + elements.map { write($0, indent: "") }.joined(separator: ", ") + "]"
        if line.count <= 100 { return line }
      }
      let shown = elements.prefix(8).map { "\(indent)  \(write($0, indent: indent + "  "))" }
      let rest = elements.count > 8 ? ["\(indent)  … \(elements.count - 8) more"] : []
      return "[\n" + (shown + rest).joined(separator: ",\n") + "\n\(indent)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let names = members.keys.sorted { rank($0) == rank($1) ? $0 < $1 : rank($0) < rank($1) }
      if members.values.allSatisfy({ $0.elements.isEmpty && $0.members.isEmpty }) {
        let line = "{ " + names.map { "\"\($0)\": \(write(members[$0] ?? .null, indent: ""))" }.joined(separator: ", ") + " }"
        if line.count <= 100 { return line }
      }
      let shown = names.map { "\(indent)  \"\($0)\": \(write(members[$0] ?? .null, indent: indent + "  "))" }
      return "{\n" + shown.joined(separator: ",\n") + "\n\(indent)}"
    }
  }

  private static func rank(_ name: String) -> Int { first.firstIndex(of: name) ?? first.count }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "·"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
