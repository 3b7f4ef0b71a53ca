import Broker
import Foundation
import Hummingbird

/// The query of a request, read strictly: an unknown or repeated parameter is refused, like an unknown member of a body.
struct Query {
  private var values: [String: String] = [:]

  /// - Parameter known: the names that the route takes.
  init(_ request: Request, _ known: Set<String>) throws {
    for (name, value) in request.uri.queryParameters {
      let name = String(name)
      guard known.contains(name) else { throw Problem.invalid(parameter: String(name.prefix(64)), "is not known here") }
      guard values.updateValue(String(value), forKey: name) == nil else { throw Problem.invalid(parameter: name, "stands there twice") }
    }
  }

  /// At most `limit` characters.
  func text(_ name: String, upTo limit: Int) throws -> String? {
    guard let value = values[name] else { return nil }
    guard (1...limit).contains(value.unicodeScalars.count) else {
      throw Problem.invalid(parameter: name, "must have 1 to \(limit) characters")
    }
    return value
  }

  func integer(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
    guard let value = values[name] else { return nil }
    guard let number = Int(value), range.contains(number) else {
      throw Problem.invalid(parameter: name, "must be an integer within \(range.lowerBound)…\(range.upperBound)")
    }
    return number
  }

  func time(_ name: String) throws -> Date? {
    guard let value = values[name] else { return nil }
    guard let date = RFC3339.date(value) else { throw Problem.invalid(parameter: name, "must be a time such as 2025-11-21T03:04:05Z") }
    return date
  }

  /// A day in Japan, such as `2026-04-01`: its beginning.
  func day(_ name: String) throws -> Date? {
    guard let value = values[name] else { return nil }
    guard value.utf8.count == 10, let date = RFC3339.date(value + "T00:00:00Z") else {
      throw Problem.invalid(parameter: name, "must be a day such as 2025-11-21")
    }
    return date.addingTimeInterval(-9 * 3600)
  }

  func id<Kind: IdentifierKind>(_ name: String, _ kind: Kind.Type = Kind.self) throws -> Identifier<Kind>? {
    guard let value = values[name] else { return nil }
    guard let id = Identifier<Kind>(value) else { throw Problem.invalid(parameter: name, "must be an id that begins with \(Kind.prefix)_") }
    return id
  }

  /// One of a fixed set of words.
  func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, _ type: Choice.Type = Choice.self) throws -> Choice?
  where Choice.RawValue == String {
    guard let value = values[name] else { return nil }
    guard let choice = Choice(rawValue: value) else {
      throw Problem.invalid(parameter: name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  /// Names of the two parameters of every list.
  static let paging: Set<String> = ["pageSize", "pageToken"]

  /// 1…500, 50 unless told (api.md, Conventions); the token as it came.
  func page() throws -> (limit: Int, token: String?) { (try integer("pageSize", 1...500) ?? 50, try text("pageToken", upTo: 512)) }
}
