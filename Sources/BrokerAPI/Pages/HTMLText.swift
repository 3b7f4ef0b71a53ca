import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Text in a page: nothing in it is markup.
enum HTMLText {
  /// Fit for elements and quoted attributes.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // Characters that HTML does not allow, and those that turn the direction of what follows.
      case "\u{0}"..."\u{8}", "\u{B}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Response {
  /// A page that loads nothing, runs nothing and is framed by nobody: its one style is allowed by its digest.
  static func page(_ page: (html: String, style: String)) -> Response {
    let digest = Data(SHA256.hash(data: Data(page.style.utf8))).base64EncodedString()
    let headers: HTTPFields = [
      .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
      .contentSecurityPolicy:
        "default-src 'none'; style-src 'sha256-\(digest)'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ]
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: page.html)))
  }
}
