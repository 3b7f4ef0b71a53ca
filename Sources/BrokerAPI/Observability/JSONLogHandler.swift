internal import Foundation
public import Logging

/// Log lines as JSON objects, one a line: `time`, `level`, `message`, `label`, and the metadata's members.
///
/// What is logged must hold no personal data to begin with; as a second wall, anything that looks like a token, a key or card material is masked
/// and long values are cut.
public struct JSONLogHandler: LogHandler {
  /// Members of every line.
  public var metadata: Logger.Metadata = [:]
  /// More members, looked up for each line.
  public var metadataProvider: Logger.MetadataProvider?
  /// Lines quieter than this are left out.
  public var logLevel: Logger.Level

  private let label: String
  private let sink: LogSink

  /// - Parameters:
  ///   - label: the logger's label.
  ///   - level: what is quieter is left out.
  ///   - sink: where lines go.
  public init(label: String, level: Logger.Level, sink: LogSink) {
    self.label = label
    logLevel = level
    self.sink = sink
  }

  /// One member of every line.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line.
  public func log(event: LogEvent) {
    var text = JSONText(capacity: 256)
    text.raw("{\"time\":")
    text.string(RFC3339.text(Date()))
    text.raw(",\"level\":")
    text.string(event.level.rawValue)
    text.raw(",\"message\":")
    text.string(LogMask.masked(event.message.description))
    text.raw(",\"label\":")
    text.string(label)
    if let error = event.error {
      // The type alone: an error's own text may quote what it stumbled over.
      text.raw(",\"error\":")
      text.string(String(describing: type(of: error)))
    }
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
    if let given = event.metadata { all.merge(given) { _, new in new } }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      text.byte(UInt8(ascii: ","))
      text.string(key)
      text.byte(UInt8(ascii: ":"))
      text.string(LogMask.masked(value.description))
    }
    text.byte(UInt8(ascii: "}"))
    sink.write(text.bytes)
  }
}

/// The second wall: what must never stand in a log even if a line is written wrongly.
enum LogMask {
  /// Longest value that is written whole, in UTF-8 bytes.
  static let longest = 512

  /// The text with every run that looks like a token, a key or base64 material replaced, cut at ``longest``.
  static func masked(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.count > 40 || text.contains("eyJ") || text.contains("MII") else { return text }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      var end = index
      while end < bytes.count, isMaterial(bytes[end]) { end += 1 }
      if end == index {
        result.append(bytes[index])
        index += 1
        continue
      }
      let run = bytes[index..<end]
      // A JWT or JWE begins with {" in base64url; DER of a certificate with MII; anything that is base64 and longer than an id is no word.
      let looksSecret =
        run.count > 64 || run.starts(with: Array("eyJ".utf8)) && run.count > 8 || run.starts(with: Array("MII".utf8)) && run.count > 16
      result.append(contentsOf: looksSecret ? Array("<redacted>".utf8) : Array(run))
      index = end
    }
    return String(decoding: result.prefix(longest), as: UTF8.self)
  }

  /// Characters of base64, base64url and of a compact JOSE text.
  private static func isMaterial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "="): true
    default: false
    }
  }
}
