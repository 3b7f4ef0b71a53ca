import Crypto
import Foundation

/// RFC 8705 §3.1, computed apart from the code under test.
enum Thumbprint {
  static func of(_ der: [UInt8]) -> String {
    Data(SHA256.hash(data: der)).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }
}
