internal import Foundation
public import JOSE

/// What the broker answered.
public struct BrokerAnswer: Sendable {
  /// HTTP status.
  public let status: Int
  /// Names in lower case, in the order received.
  public let headers: [(name: String, value: String)]
  /// The body, whole.
  public let body: [UInt8]

  /// Joins the parts; names are lowered.
  public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
    self.status = status
    self.headers = headers.map { (name: $0.name.lowercased(), value: $0.value) }
    self.body = body
  }

  /// The first header of that name.
  public func header(_ name: String) -> String? { headers.first { $0.name == name.lowercased() }?.value }

  /// 200…299
  public var isSuccess: Bool { (200...299).contains(status) }

  /// The body as JSON.
  ///
  /// - Throws: `BrokerClientError.answerMalformed`.
  public func json() throws(BrokerClientError) -> JSONValue {
    do { return try JSONValue(parsing: body) } catch { throw .answerMalformed }
  }

  /// The body as a value of the contract; members that are not known are ignored.
  ///
  /// - Throws: `BrokerClientError.answerMalformed`.
  public func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws(BrokerClientError) -> Value {
    do { return try JSONDecoder().decode(type, from: Data(body)) } catch { throw .answerMalformed }
  }

  /// The problem that the broker describes (RFC 9457); nil for a success. A failure without a description yields a problem that says so.
  public var problem: BrokerProblem? {
    guard !isSuccess else { return nil }
    if header("content-type")?.hasPrefix("application/problem+json") == true, let problem = try? decoded(BrokerProblem.self) {
      return problem
    }
    return BrokerProblem(type: "about:blank", title: "The broker answered \(status).", status: status, code: "unknown")
  }
}

/// A problem as the broker describes it (RFC 9457).
public struct BrokerProblem: Error, Sendable, Hashable, Decodable, CustomStringConvertible {
  /// What is wrong with one member of the request.
  public struct Detail: Sendable, Hashable, Decodable {
    /// JSON pointer to the member.
    public let pointer: String
    /// What is wrong with it.
    public let detail: String
  }

  /// `urn:yonjo:problem:<code>`
  public let type: String
  /// The problem in a few words.
  public let title: String
  /// HTTP status.
  public let status: Int
  /// What is wrong, and what to do next.
  public let detail: String?
  /// The stable code; clients accept codes that they do not know.
  public let code: String
  /// The request, for asking the operator.
  public let instance: String?
  /// Member by member.
  public let errors: [Detail]?

  /// A problem; see the properties.
  public init(
    type: String, title: String, status: Int, detail: String? = nil, code: String, instance: String? = nil, errors: [Detail]? = nil
  ) {
    self.type = type
    self.title = title
    self.status = status
    self.detail = detail
    self.code = code
    self.instance = instance
    self.errors = errors
  }

  /// Title, detail and code in one line.
  public var description: String {
    let members = (errors ?? []).map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")
    return [title, detail, members.isEmpty ? nil : members].compactMap { $0 }.joined(separator: " ") + " (\(code))"
  }
}
