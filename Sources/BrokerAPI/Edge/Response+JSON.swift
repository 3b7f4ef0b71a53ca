import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
  /// A JSON answer.
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) throws -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: try AnswerEncoder.encode(value))))
  }

  /// A problem document (RFC 9457), bound to its request.
  static func problem(_ problem: Problem, requestID: String) -> Response {
    var problem = problem
    problem.instance = "urn:yonjo:request:" + requestID
    var headers: HTTPFields = [.contentType: "application/problem+json"]
    if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
    if let allow = problem.allow { headers[.allow] = allow }
    if problem.status == 401 { headers[.wwwAuthenticate] = "Bearer error=\"invalid_token\"" }
    let body = (try? AnswerEncoder.encode(problem)) ?? []
    return Response(status: .init(code: problem.status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }

  /// Done, and nothing to say.
  static let noContent = Response(status: .noContent)
}
