internal import Foundation
internal import JOSE

/// Lines of `POST /v1/ledger-changes` in any number, the same for the same seed: customers whom the broker does not know, and among them enrolled ones who
/// leave. Beside them what a database needs to do the like by itself.
public enum LedgerLines {
  /// Writes the lines.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - leaving: tags of customers who leave, spread evenly over the file.
  ///   - path: the file of lines.
  ///   - rows: a file of the same rows for `\copy`: line, tag before, tag after, reference, in hexadecimal bytes; nil: none.
  public static func write(_ count: Int, leaving: [String], to path: String, rows: String?, seed: UInt64 = 1) throws {
    var generator = SeededGenerator(seed: seed)
    var lines = try Sink(path)
    var copies = try rows.map { try Sink($0) }
    let step = max(1, count / max(1, leaving.count))
    for number in 0..<count {
      let (before, after) = (generator.bytes(32), generator.bytes(32))
      if number % step == 0, number / step < leaving.count {
        try lines.write("{\"before\":[\"\(leaving[number / step])\"],\"after\":null}\n")
      } else {
        try lines.write(
          "{\"before\":[\"hmac.1.1.\(Base64URL.encode(before))\"],\"after\":[\"hmac.1.1.\(Base64URL.encode(after))\"],\"ref\":\"N-\(number)\"}\n"
        )
      }
      try copies?.write("\(number)\t\\\\x\(hex(before))\t\\\\x\(hex(after))\tN-\(number)\n")
    }
    try lines.end()
    try copies?.end()
  }

  /// As many tags that nobody has, as text.
  static func unknownTags(_ count: Int, seed: UInt64) -> [String] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in "hmac.1.1.\(Base64URL.encode(generator.bytes(32)))" }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private struct Sink {
    private let handle: FileHandle
    private var buffer: [UInt8] = []

    init(_ path: String) throws {
      guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o644]),
        let handle = FileHandle(forWritingAtPath: path)
      else { throw BenchFailure.unexpected("a file that can be written at \(path)") }
      self.handle = handle
    }

    mutating func write(_ text: String) throws {
      buffer.append(contentsOf: text.utf8)
      if buffer.count >= 1 << 20 {
        try handle.write(contentsOf: Data(buffer))
        buffer.removeAll(keepingCapacity: true)
      }
    }

    mutating func end() throws {
      try handle.write(contentsOf: Data(buffer))
      try handle.close()
    }
  }
}

/// SplitMix64: fast, and the same everywhere.
struct SeededGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A multiple of eight.
  mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for _ in 0..<(count / 8) { withUnsafeBytes(of: next()) { bytes.append(contentsOf: $0) } }
    return bytes
  }
}
