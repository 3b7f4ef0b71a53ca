import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
  /// A JSON answer.
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) throws -> Response {
    json(encoded: try AnswerEncoder.encode(value), status: status, headers: headers)
  }

  /// A JSON answer that is bytes already.
  static func json(encoded bytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// A problem document (RFC 9457), bound to its request.
  static func problem(_ problem: Problem, requestID: String) -> Response {
    let (status, headers, bytes) = problem.document(requestID: requestID)
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// Done, and nothing to say.
  static let noContent = Response(status: .noContent)
}

extension Problem {
  /// The document, bound to its request, and the fields that go with it.
  func document(requestID: String) -> (status: HTTPResponse.Status, fields: HTTPFields, bytes: [UInt8]) {
    var problem = self
    problem.instance = "urn:yonjo:request:" + requestID
    var fields: HTTPFields = [.contentType: "application/problem+json"]
    if let seconds = retryAfterSeconds { fields[.retryAfter] = String(seconds) }
    if let allow { fields[.allow] = allow }
    if status == 401 { fields[.wwwAuthenticate] = "Bearer error=\"invalid_token\"" }
    return (.init(code: status), fields, (try? AnswerEncoder.encode(problem)) ?? [])
  }
}
