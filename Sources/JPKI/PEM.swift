internal import Foundation

/// Certificates in PEM (RFC 7468), as files of roots are kept.
enum PEM {
  /// The one certificate of a file of at most 64 KiB; nil if there is none, several, or anything else between the lines.
  static func certificate(file: String) -> [UInt8]? {
    guard let data = FileManager.default.contents(atPath: file), data.count <= 64 * 1024, let text = String(data: data, encoding: .utf8)
    else { return nil }
    return certificate(text: text)
  }

  static func certificate(text: String) -> [UInt8]? {
    let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    guard let first = lines.firstIndex(of: "-----BEGIN CERTIFICATE-----"), let last = lines.firstIndex(of: "-----END CERTIFICATE-----"),
      first < last,
      lines.filter({ $0.hasPrefix("-----BEGIN ") }).count == 1, let data = Data(base64Encoded: lines[(first + 1)..<last].joined())
    else { return nil }
    return [UInt8](data)
  }
}
