import Foundation

/// The textual encoding of RFC 7468: 64 characters a line.
enum PEM {
  static func encode(_ der: [UInt8], label: String) -> String {
    let body = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
  }
}
