import Foundation
import Hummingbird
import JPKI
import NIOCore

/// OCSP by POST and GET (RFC 6960 appendix A.1), full revocation lists, and both roots.
struct RevocationRoutes: Sendable {
  let simulator: SimulatedJLIS

  private static let largestRequestBytes = 8192

  func router() -> Router<BasicRequestContext> {
    let router = Router()
    for authority in [AuthorityName.sign, .auth] {
      let path = "/ocsp/\(authority.rawValue)"
      router.post(RouterPath(path)) { request, _ in
        let body = try await request.body.collect(upTo: Self.largestRequestBytes)
        return try await ocsp(Array(body.readableBytesView), authority)
      }
      router.get(RouterPath(path + "/**")) { request, _ in
        guard let question = Self.question(inPath: request.uri.path, after: path + "/") else { throw HTTPError(.badRequest) }
        return try await ocsp(question, authority)
      }
      router.get(RouterPath("/crl/\(authority.rawValue).crl")) { _, _ in try await list(authority) }
      router.get(RouterPath("/roots/\(authority.rawValue).pem")) { _, _ in
        let pem = PEM.encode(try simulator.root(authority.kind), label: "CERTIFICATE")
        return Self.response(Array(pem.utf8), type: "application/x-pem-file")
      }
    }
    router.get("/livez") { _, _ in Self.response(Array("ok\n".utf8), type: "text/plain") }
    return router
  }

  private func ocsp(_ question: [UInt8], _ authority: AuthorityName) async throws -> Response {
    try await Self.pass(try simulator.faults.ocsp)
    return Self.response(try simulator.ocspAnswer(to: question, kind: authority.kind), type: "application/ocsp-response")
  }

  private func list(_ authority: AuthorityName) async throws -> Response {
    try await Self.pass(try simulator.faults.crl)
    return Self.response(try simulator.revocationListDER(kind: authority.kind), type: "application/pkix-crl")
  }

  private static func pass(_ fault: Faults.RevocationFault?) async throws {
    switch fault {
    case .down: throw HTTPError(.serviceUnavailable)
    case .slow: try await Faults.delay()
    default: return
    }
  }

  /// GET carries the request as base64, percent-encoded, in the rest of the path; base64 itself may hold slashes.
  static func question(inPath path: String, after prefix: String) -> [UInt8]? {
    guard path.hasPrefix(prefix), let text = path.dropFirst(prefix.count).removingPercentEncoding, text.utf8.count <= largestRequestBytes
    else {
      return nil
    }
    return Data(base64Encoded: text).map { Array($0) }
  }

  static func response(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: type, .cacheControl: "no-store"], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}
