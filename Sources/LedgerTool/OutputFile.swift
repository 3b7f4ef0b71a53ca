internal import Foundation
internal import Glibc

/// A file written through a buffer, readable by its owner alone; or standard output.
///
/// A file has its name only when it is whole: until `finish()` it is called `….partial`, so that what a cut run left behind is never taken for a ledger.
struct OutputFile: ~Copyable {
  private let handle: FileHandle
  private let name: String
  private let partial: String?
  private var buffer: [UInt8] = []

  private static let bufferLength = 1 << 18

  /// Makes a file anew, or writes to standard output where there is no path.
  init(_ path: String?) throws(LedgerToolError) {
    if let path { try self.init(path: path) } else { self.init(standardOutput: .standardOutput) }
  }

  /// Makes the file anew.
  init(path: String) throws(LedgerToolError) {
    let partial = path + ".partial"
    _ = unlink(partial)
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unwritable(path) }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    name = path
    self.partial = partial
    buffer.reserveCapacity(Self.bufferLength)
  }

  /// Writes to standard output.
  init(standardOutput: FileHandle) {
    handle = standardOutput
    name = "standard output"
    partial = nil
  }

  mutating func write(_ text: String) throws(LedgerToolError) {
    buffer += text.utf8
    if buffer.count >= Self.bufferLength { try flush() }
  }

  mutating func write(_ bytes: [UInt8]) throws(LedgerToolError) {
    buffer += bytes
    if buffer.count >= Self.bufferLength { try flush() }
  }

  /// Hands everything to the disk and gives the file its name; call it at the end.
  mutating func finish() throws(LedgerToolError) {
    try flush()
    guard let partial else { return }
    guard fsync(handle.fileDescriptor) == 0, rename(partial, name) == 0 else { throw .unwritable(name) }
  }

  private mutating func flush() throws(LedgerToolError) {
    do { try handle.write(contentsOf: Data(buffer)) } catch { throw .unwritable(name) }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// The rows that were left aside: line and reason, never the row. The file is made with the first one; one of an earlier run is removed.
struct RejectedRows: ~Copyable {
  let path: String
  private var file: OutputFile?
  private(set) var count = 0

  init(path: String) {
    self.path = path
    _ = unlink(path)
  }

  mutating func append(line: Int, reason: String) throws(LedgerToolError) {
    if file == nil {
      var made = try OutputFile(path: path)
      try made.write("line,reason\n")
      file = consume made
    }
    try file?.write("\(line),\(reason)\n")
    count += 1
  }

  mutating func finish() throws(LedgerToolError) { try file?.finish() }
}

/// JSON written by hand where millions of lines are written.
enum JSONText {
  /// A quoted string (RFC 8259 §7).
  static func quoted(_ text: String) -> String {
    var out: [UInt8] = []
    append(Array(text.utf8)[...], to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Appends a quoted string; the text is UTF-8.
  static func append(_ text: ArraySlice<UInt8>, to out: inout [UInt8]) {
    out.append(0x22)
    for byte in text {
      if byte == 0x22 || byte == 0x5C {
        out.append(0x5C)
        out.append(byte)
      } else if byte < 0x20 {
        let digits = Array("0123456789abcdef".utf8)
        out.append(contentsOf: "\\u00".utf8)
        out.append(digits[Int(byte >> 4)])
        out.append(digits[Int(byte & 15)])
      } else {
        out.append(byte)
      }
    }
    out.append(0x22)
  }

  /// A list of tags, which need no escapes.
  static func list(_ tags: [String]) -> String { tags.isEmpty ? "[]" : "[\"" + tags.joined(separator: "\",\"") + "\"]" }
}
