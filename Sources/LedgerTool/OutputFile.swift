internal import Foundation

/// A file written through a buffer, readable by its owner alone; or standard output.
struct OutputFile: ~Copyable {
  private let handle: FileHandle
  private let name: String
  private let ownsHandle: Bool
  private var buffer: [UInt8] = []

  private static let bufferLength = 1 << 18

  /// Makes a file anew, or writes to standard output where there is no path.
  init(_ path: String?) throws(LedgerToolError) {
    if let path { try self.init(path: path) } else { self.init(standardOutput: .standardOutput) }
  }

  /// Makes the file anew.
  init(path: String) throws(LedgerToolError) {
    guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw .unwritable(path) }
    self.handle = handle
    name = path
    ownsHandle = true
    buffer.reserveCapacity(Self.bufferLength)
  }

  /// Writes to standard output.
  init(standardOutput: FileHandle) {
    handle = standardOutput
    name = "standard output"
    ownsHandle = false
  }

  deinit {
    if ownsHandle { try? handle.close() }
  }

  mutating func write(_ text: String) throws(LedgerToolError) {
    buffer += text.utf8
    if buffer.count >= Self.bufferLength { try flush() }
  }

  /// Hands everything to the system; call it at the end.
  mutating func flush() throws(LedgerToolError) {
    do { try handle.write(contentsOf: Data(buffer)) } catch { throw .unwritable(name) }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// The rows that were left aside: line and reason, never the row. The file is made with the first one.
struct RejectedRows: ~Copyable {
  private let path: String
  private var file: OutputFile?
  private(set) var count = 0

  init(path: String) { self.path = path }

  mutating func append(line: Int, reason: String) throws(LedgerToolError) {
    if file == nil {
      var made = try OutputFile(path: path)
      try made.write("line,reason\n")
      file = consume made
    }
    try file?.write("\(line),\(reason)\n")
    count += 1
  }

  mutating func flush() throws(LedgerToolError) { try file?.flush() }
}

/// JSON written by hand where millions of lines are written.
enum JSONText {
  /// A quoted string (RFC 8259 §7).
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\u{0}"..."\u{1F}": out += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// A list of tags, which need no escapes.
  static func list(_ tags: [String]) -> String { tags.isEmpty ? "[]" : "[\"" + tags.joined(separator: "\",\"") + "\"]" }
}
