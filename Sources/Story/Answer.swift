import JOSE

/// An answer of the broker, readable by path.
struct Answer: Sendable {
  let step: String
  let status: Int
  let body: [UInt8]
  /// `.null` where the body is no JSON.
  let json: JSONValue

  /// The member at the end of the path; `.null` where there is none.
  subscript(path: String...) -> JSONValue { json.member(path) }

  /// The text at the end of the path.
  /// - Throws: `StoryFailure` where there is none.
  func text(_ path: String...) throws -> String {
    guard let text = json.member(path).string else { throw missing(path) }
    return text
  }

  /// The whole number at the end of the path.
  /// - Throws: `StoryFailure` where there is none.
  func integer(_ path: String...) throws -> Int {
    guard let number = json.member(path).integer else { throw missing(path) }
    return Int(number)
  }

  private func missing(_ path: [String]) -> StoryFailure {
    StoryFailure(
      step: step, expectation: "a value at \(path.joined(separator: "."))",
      found: "\(status) " + ReadableJSON.lines(of: json).joined(separator: " "))
  }
}

extension JSONValue {
  /// Follows names of members and, in lists, numbers.
  func member(_ path: [String]) -> JSONValue {
    path.reduce(self) { value, step in
      if let members = value.object { return members[step] ?? .null }
      return Int(step).flatMap { value[$0] } ?? .null
    }
  }

  /// An array's elements; none of anything else.
  var elements: [JSONValue] { array ?? [] }
  /// An object's members; none of anything else.
  var members: [String: JSONValue] { object ?? [:] }
}
