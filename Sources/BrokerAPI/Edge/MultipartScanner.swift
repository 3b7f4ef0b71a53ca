import Foundation

/// Takes a `multipart/form-data` body apart as it arrives (RFC 7578, RFC 2046 §5.1.1). Holds nothing of a part but its header fields.
///
/// Strict where senders agree: no preamble, no folded header fields, no transfer encoding, and the closing delimiter must come.
struct MultipartScanner {
  /// What the bytes turn out to be.
  enum Event {
    /// A part begins: its `name`.
    case part(name: String)
    case data(UnsafeRawBufferPointer)
    case partEnd
  }

  /// Header fields of one part, in bytes.
  static let maximumHeaderBytes = 4096
  /// Parts of one body.
  static let maximumParts = 8
  /// Bytes after the closing delimiter: some senders end with an empty line.
  private static let maximumEpilogueBytes = 16

  private enum State {
    case beginning
    case headers
    case body
    /// A delimiter has come: what follows says whether it is the last.
    case delimiter
    case epilogue
  }

  private var state = State.beginning
  /// CR LF, two hyphens, the boundary. CR stands in it once, at its beginning, so that a search never has to go back.
  private let delimiter: [UInt8]
  /// How much of the delimiter has matched.
  private var matched = 0
  private var header: [UInt8] = []
  private var parts = 0
  private var epilogueBytes = 0

  /// - Parameter contentType: the request's; refuses one without a boundary.
  init(contentType: String) throws(Problem) {
    guard let boundary = Self.boundary(of: contentType) else {
      throw Problem.invalid(parameter: "Content-Type", "lacks the boundary of multipart/form-data")
    }
    delimiter = Array("\r\n--".utf8) + boundary
    // The first delimiter needs no line before it.
    matched = 2
  }

  /// RFC 2046 §5.1.1: 1 to 70 characters of a small set.
  private static func boundary(of contentType: String) -> [UInt8]? {
    guard let value = parameter("boundary", of: contentType) else { return nil }
    let bytes = Array(value.utf8)
    let others = Set("'()+_,-./:=? ".utf8)
    guard (1...70).contains(bytes.count), bytes.last != UInt8(ascii: " "),
      bytes.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || others.contains($0) })
    else { return nil }
    return bytes
  }

  /// A parameter of a header field, quoted or not; its name without regard to case.
  static func parameter(_ name: String, of field: String) -> String? {
    var rest = field[...]
    while let semicolon = rest.firstIndex(of: ";") {
      rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
      guard let equals = rest.firstIndex(of: "=") else { return nil }
      let isWanted = rest[..<equals].lowercased() == name
      rest = rest[rest.index(after: equals)...]
      var value = ""
      if rest.first == "\"" {
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        value = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
      } else {
        value = String(rest.prefix { $0 != ";" && $0 != " " && $0 != "\t" })
        rest = rest.dropFirst(value.count)
      }
      if isWanted { return value }
    }
    return nil
  }

  /// Takes the next bytes; `handle` is told of what they are, in order.
  mutating func take(_ bytes: UnsafeRawBufferPointer, _ handle: (Event) throws -> Void) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch state {
      case .beginning:
        guard rest[rest.startIndex] == delimiter[matched] else { throw Self.malformed("does not begin with its boundary") }
        rest = rest.dropFirst()
        matched += 1
        if matched == delimiter.count { endDelimiter() }
      case .headers: try takeHeader(&rest, handle)
      case .body: try takeBody(&rest, handle)
      case .delimiter: try takeDelimiterEnd(&rest)
      case .epilogue:
        epilogueBytes += rest.count
        guard epilogueBytes <= Self.maximumEpilogueBytes else { throw Self.malformed("has something behind its end") }
        rest = rest[rest.endIndex...]
      }
    }
  }

  /// The body is complete.
  func finish() throws(Problem) {
    guard case .epilogue = state else { throw Self.malformed("ends before its last boundary") }
  }

  private mutating func endDelimiter() {
    matched = 0
    header = []
    state = .delimiter
  }

  private mutating func takeDelimiterEnd(_ rest: inout Slice<UnsafeRawBufferPointer>) throws(Problem) {
    header.append(rest[rest.startIndex])
    rest = rest.dropFirst()
    guard header.count == 2 else { return }
    if header.elementsEqual("--".utf8) {
      state = .epilogue
    } else if header.elementsEqual("\r\n".utf8) {
      parts += 1
      guard parts <= Self.maximumParts else { throw Self.malformed("has more than \(Self.maximumParts) parts") }
      state = .headers
    } else {
      throw Self.malformed("has something behind a boundary")
    }
    header = []
  }

  private mutating func takeHeader(_ rest: inout Slice<UnsafeRawBufferPointer>, _ handle: (Event) throws -> Void) throws {
    while let byte = rest.first {
      rest = rest.dropFirst()
      header.append(byte)
      guard header.count <= Self.maximumHeaderBytes else {
        throw Self.malformed("has a part with more than \(Self.maximumHeaderBytes) bytes of header fields")
      }
      guard byte == UInt8(ascii: "\n"), header.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
      try handle(.part(name: try Self.name(header)))
      header = []
      state = .body
      return
    }
  }

  /// The `name` of RFC 7578 §4.2.
  private static func name(_ header: [UInt8]) throws(Problem) -> String {
    guard let text = String(validating: header, as: UTF8.self) else { throw malformed("has header fields that are not UTF-8") }
    var name: String?
    for line in text.split(separator: "\r\n") {
      guard let colon = line.firstIndex(of: ":") else { throw malformed("has a header field without a colon") }
      let value = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
      switch line[..<colon].lowercased() {
      case "content-disposition":
        guard value.lowercased().hasPrefix("form-data") else { throw malformed("has a part that is not form-data") }
        name = parameter("name", of: value)
      case "content-transfer-encoding":
        guard ["binary", "8bit", "7bit"].contains(value.lowercased()) else { throw malformed("has a part in a transfer encoding") }
      default: break
      }
    }
    guard let name, name.utf8.count <= 64 else { throw malformed("has a part without a name") }
    return name
  }

  private mutating func takeBody(_ rest: inout Slice<UnsafeRawBufferPointer>, _ handle: (Event) throws -> Void) throws {
    // A delimiter may have begun in the piece before.
    while matched > 0, let byte = rest.first {
      guard byte == delimiter[matched] else {
        // What looked like a delimiter was data; the byte at hand may begin one.
        try delimiter[..<matched].withUnsafeBytes { try handle(.data($0)) }
        matched = 0
        break
      }
      rest = rest.dropFirst()
      matched += 1
      if matched == delimiter.count {
        try handle(.partEnd)
        return endDelimiter()
      }
    }
    guard matched == 0, !rest.isEmpty else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: rest)
    let (length, found) = Self.search(bytes, delimiter)
    if length > 0 { try handle(.data(UnsafeRawBufferPointer(rebasing: bytes[..<length]))) }
    rest = rest.dropFirst(length + found)
    if found == delimiter.count {
      try handle(.partEnd)
      endDelimiter()
    } else {
      matched = found
    }
  }

  /// Where the delimiter begins, and how much of it is there: all of it, or what the end of the bytes leaves.
  private static func search(_ bytes: UnsafeRawBufferPointer, _ delimiter: [UInt8]) -> (start: Int, count: Int) {
    guard let base = bytes.baseAddress else { return (0, 0) }
    var from = 0
    while from < bytes.count, let hit = memchr(base + from, 0x0D, bytes.count - from) {
      let start = UnsafeRawPointer(hit) - base
      let count = min(delimiter.count, bytes.count - start)
      if memcmp(hit, delimiter, count) == 0 { return (start, count) }
      from = start + 1
    }
    return (bytes.count, 0)
  }

  private static func malformed(_ what: String) -> Problem { Problem.invalid(parameter: "", "the multipart body \(what)") }
}
