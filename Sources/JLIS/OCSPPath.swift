import Foundation

/// OCSP over HTTP (RFC 6960 appendix A): what goes into an address, and what an answer calls itself.
enum OCSPPath {
  static let answerType = "application/ocsp-response"

  /// Addresses beyond this many bytes are not sent (appendix A.1: "less than 255 bytes").
  private static let longest = 254

  /// The request in base64, percent-encoded; nil where it is too long for an address.
  static func path(of request: [UInt8]) -> String? {
    let base64 = Data(request).base64EncodedString()
    // Of base64's characters only these three mean something else in a path.
    let path = base64.replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
    return path.utf8.count <= longest ? path : nil
  }

  /// Whether the type, without its parameters, is an OCSP answer's (appendix A.2). One that names no type is none.
  static func isAnswer(contentType: String?) -> Bool {
    guard let type = contentType?.split(separator: ";", maxSplits: 1).first else { return false }
    return type.trimmingCharacters(in: .whitespaces).lowercased() == answerType
  }
}
