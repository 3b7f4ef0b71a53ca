internal import CitizenItems
internal import Foundation

/// Files that `tag` wrote: a line `{"ref":"…","tags":["…"]}` a row.
enum TagFile {
  /// Whether a file begins as one, or is empty, as one of no rows is.
  static func isOne(_ path: String) throws(LedgerToolError) -> Bool {
    let file = try InputFile(path: path)
    var bytes: [UInt8] = []
    while bytes.isEmpty, try file.read(into: &bytes) {}
    return bytes.isEmpty || bytes.first == 0x7B
  }

  /// The rows of a block of lines. A line that is none, or whose tags are none, is left aside.
  static func read(_ block: RowBlock) -> TaggedRows {
    var tagged = TaggedRows()
    var line = block.line
    var start = 0
    while start < block.bytes.count {
      let end = block.bytes[start...].firstIndex(of: 0x0A) ?? block.bytes.count
      if end > start { tagged.append(line: block.bytes[start..<end], number: line) }
      start = end + 1
      line += 1
    }
    return tagged
  }
}

extension TaggedRows {
  fileprivate mutating func append(line: ArraySlice<UInt8>, number: Int) {
    var scanner = LineScanner(rest: line)
    guard let (ref, list) = scanner.row() ?? Self.decoded(line) else {
      rows.append(Row(line: number, ref: nil, tags: [], rejection: "unreadable"))
      return
    }
    let start = refs.count
    refs.append(contentsOf: ref)
    lists.append { $0.append(contentsOf: list.dropFirst().dropLast()) }
    rows.append(Row(line: number, ref: start..<refs.count, tags: [lists.count - 1], rejection: nil))
  }

  private struct Line: Decodable {
    let ref: String?
    let tags: [String]
  }

  /// What is not written exactly as `tag` writes it.
  private static func decoded(_ line: ArraySlice<UInt8>) -> (ref: ArraySlice<UInt8>, list: ArraySlice<UInt8>)? {
    guard line.count <= CSVReader.maximumRowBytes, let line = try? JSONDecoder().decode(Line.self, from: Data(line)), !line.tags.isEmpty,
      line.tags.allSatisfy({ (try? EdgeTag(parsing: $0)) != nil })
    else { return nil }
    return (Array((line.ref ?? "").utf8)[...], Array(JSONText.list(line.tags).utf8)[...])
  }
}

/// Reads the lines that `tag` writes, of which there are millions.
private struct LineScanner {
  var rest: ArraySlice<UInt8>

  /// nil for whatever is not exactly of the one form.
  mutating func row() -> (ref: ArraySlice<UInt8>, list: ArraySlice<UInt8>)? {
    var ref: ArraySlice<UInt8> = []
    guard skip("{") else { return nil }
    if skip("\"ref\":\"") {
      guard let end = rest.firstIndex(of: 0x22) else { return nil }
      ref = rest[rest.startIndex..<end]
      // Escapes, and what may be no UTF-8, are for the decoder.
      guard !ref.contains(where: { $0 == 0x5C || $0 < 0x20 || $0 >= 0x80 }) else { return nil }
      rest = rest[end...]
      guard skip("\",") else { return nil }
    }
    guard skip("\"tags\":") else { return nil }
    let whole = rest
    guard skip("[") else { return nil }
    repeat { guard tag() else { return nil } } while skip(",")
    guard skip("]") else { return nil }
    let list = whole[whole.startIndex..<rest.startIndex]
    return skip("}") && rest.isEmpty ? (ref, list) : nil
  }

  /// `"scheme.version.ruleset.value"`: the alphabet and the number of parts; more the broker examines.
  private mutating func tag() -> Bool {
    guard skip("\"") else { return false }
    var points = 0
    var length = 0
    while let byte = rest.first, byte != 0x22 {
      switch byte {
      case 0x2E: points += 1
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: break
      default: return false
      }
      length += 1
      rest = rest.dropFirst()
    }
    return points == 3 && length <= 128 && skip("\"")
  }

  private mutating func skip(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard rest.count >= count else { return false }
    var place = rest.startIndex
    for index in 0..<count {
      guard rest[place] == text.utf8Start[index] else { return false }
      place += 1
    }
    rest = rest[place...]
    return true
  }
}
