import Broker
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// An answer to a browser, on its way to be a `Response`.
struct Answer {
  var response: Response

  init(_ response: Response) { self.response = response }

  /// A page. It may load our one stylesheet, and send forms to ourselves; nothing else.
  static func page(_ html: String, status: HTTPResponse.Status = .ok) -> Answer {
    Answer(
      Response(
        status: status,
        headers: [
          .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
          .contentSecurityPolicy:
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
          // `no-referrer` would have browsers send forms with the origin `null`.
          .referrerPolicy: "same-origin", .crossOriginOpenerPolicy: "same-origin",
        ], body: ResponseBody(byteBuffer: ByteBuffer(string: html))))
  }

  /// To another page of ours, by GET.
  static func redirect(_ path: String) -> Answer {
    Answer(Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store", .referrerPolicy: "same-origin"]))
  }

  /// A file to be kept.
  static func file(_ bytes: [UInt8], type: String, name: String) -> Answer {
    Answer(
      Response(
        status: .ok,
        headers: [
          .contentType: type, .cacheControl: "no-store", .contentDisposition: "attachment; filename=\"\(name)\"",
        ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))))
  }

  /// Sets a cookie that goes to no other host, over TLS only, and with no request that another site makes.
  mutating func setCookie(_ name: String, _ value: String, maximumAge seconds: Int? = nil) {
    let age = seconds.map { "; Max-Age=\($0)" } ?? ""
    response.headers.append(
      HTTPField(name: .setCookie, value: "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Strict\(age)"))
  }

  /// A link from a mail or a messenger must find this one: it says only which company's page to show.
  mutating func setPlainCookie(_ name: String, _ value: String) {
    response.headers.append(
      HTTPField(name: .setCookie, value: "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"))
  }

  /// Comes back when another site sends the browser to us, and ends soon.
  mutating func setReturnCookie(_ name: String, _ value: String, maximumAge seconds: Int) {
    response.headers.append(
      HTTPField(name: .setCookie, value: "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=\(seconds)"))
  }

  mutating func removeCookie(_ name: String) { setCookie(name, "", maximumAge: 0) }
}
