import Foundation

/// Times on the command line.
enum Instant {
  /// An RFC 3339 time, or now.
  static func read(_ text: String?) throws(CommandFailure) -> Date {
    guard let text else { return Date() }
    guard let date = try? Date(text, strategy: .iso8601) else {
      throw CommandFailure(.badUse, "\(text) is no time such as 2025-11-21T03:04:05Z.")
    }
    return date
  }

  static func text(_ date: Date) -> String { date.formatted(.iso8601) }
}

/// Certificates and lists in files: DER, or PEM of whatever label.
enum CertificateFile {
  private static let largestPEMBytes = 64 << 20

  /// The content of a list in PEM; nil where the file does not begin as one. DER is read in place, however large it is.
  static func pemContent(of path: String) throws(CommandFailure) -> [UInt8]? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    guard let begin = try? file.read(upToCount: 11), begin.elementsEqual("-----BEGIN ".utf8) else { return nil }
    return der(try contents(of: path, atMost: largestPEMBytes))
  }

  static func der(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.starts(with: Array("-----BEGIN".utf8)) else { return bytes }
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    let body = lines.drop { !$0.hasPrefix("-----BEGIN") }.dropFirst().prefix { !$0.hasPrefix("-----END") }.joined()
    return Data(base64Encoded: body, options: .ignoreUnknownCharacters).map(Array.init) ?? bytes
  }
}
