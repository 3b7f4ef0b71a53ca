import Foundation
import Hummingbird
import JPKI
import NIOCore

/// OCSP by POST and GET (RFC 6960 appendix A.1), revocation lists, whole and by municipality, and both roots.
struct RevocationRoutes: Sendable {
  let simulator: SimulatedJLIS

  private static let largestRequestBytes = 8192

  func router() -> Router<BasicRequestContext> {
    let router = Router()
    for authority in [AuthorityName.sign, .auth] {
      let path = "/ocsp/\(authority.rawValue)"
      router.post(RouterPath(path)) { request, _ in
        let body = try await request.body.collect(upTo: Self.largestRequestBytes)
        return try await ocsp(Array(body.readableBytesView), authority, path)
      }
      router.get(RouterPath(path + "/**")) { request, _ in
        guard let question = Self.question(inPath: request.uri.path, after: path + "/") else { throw HTTPError(.badRequest) }
        return try await ocsp(question, authority, path)
      }
      router.get(RouterPath("/crl/\(authority.rawValue).crl")) { request, _ in try await list(authority, nil, request.uri.path) }
      router.get(RouterPath("/crl/\(authority.rawValue)/:part")) { request, context in
        guard let part = context.parameters.get("part"), part.hasSuffix(".crl") else { throw HTTPError(.notFound) }
        return try await list(authority, String(part.dropLast(4)), request.uri.path)
      }
      router.get(RouterPath("/roots/\(authority.rawValue).pem")) { _, _ in
        let pem = PEM.encode(try simulator.root(authority.kind), label: "CERTIFICATE")
        return Self.response(Array(pem.utf8), type: "application/x-pem-file")
      }
    }
    router.get("/livez") { _, _ in Self.response(Array("ok\n".utf8), type: "text/plain") }
    return router
  }

  private func ocsp(_ question: [UInt8], _ authority: AuthorityName, _ path: String) async throws -> Response {
    let fault = try simulator.faults.ocsp
    switch fault {
    case .down: throw HTTPError(.serviceUnavailable)
    case .slow: try await Faults.delay()
    case .redirected: return Self.redirection(from: path)
    default: break
    }
    let answer = try simulator.ocspAnswer(to: question, kind: authority.kind)
    let type = fault == .wrongType ? "text/html" : "application/ocsp-response"
    switch fault {
    case .cut: return Self.cut(answer, type: type)
    case .huge: return Self.response(answer + [UInt8](repeating: 0, count: 131_072), type: type)
    default: return Self.response(answer, type: type)
    }
  }

  private func list(_ authority: AuthorityName, _ municipality: String?, _ path: String) async throws -> Response {
    let type = "application/pkix-crl"
    let fault = try simulator.faults.crl
    switch fault {
    case .down: throw HTTPError(.serviceUnavailable)
    case .slow: try await Faults.delay()
    case .redirected: return Self.redirection(from: path)
    case .huge: return Self.flood(type: type)
    default: break
    }
    do {
      let list = try simulator.revocationListDER(kind: authority.kind, municipality: municipality)
      return fault == .cut ? Self.cut(list, type: type) : Self.response(list, type: type)
    } catch SimulatorRefusal.municipalityUnknown {
      throw HTTPError(.notFound)
    }
  }

  private static func redirection(from path: String) -> Response {
    Response(status: .found, headers: [.location: path + "/elsewhere", .cacheControl: "no-store"])
  }

  /// Announces all of it, sends half and ends the connection.
  private static func cut(_ bytes: [UInt8], type: String) -> Response {
    struct Cut: Error {}
    let body = ResponseBody(contentLength: bytes.count) { writer in
      try await writer.write(ByteBuffer(bytes: bytes.prefix(bytes.count / 2)))
      throw Cut()
    }
    return Response(status: .ok, headers: [.contentType: type, .cacheControl: "no-store"], body: body)
  }

  /// Zeros until the client has had enough, four gigabytes at most.
  private static func flood(type: String) -> Response {
    let chunk = ByteBuffer(repeating: 0, count: 1 << 20)
    let body = ResponseBody { writer in
      for _ in 0..<4096 { try await writer.write(chunk) }
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: [.contentType: type, .cacheControl: "no-store"], body: body)
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
