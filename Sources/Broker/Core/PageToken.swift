internal import Foundation
internal import JOSE
internal import PostgreSQL

/// Keyset paging: the token is the last id of the page before, opaque to callers.
enum PageToken {
  /// 1…500, 50 unless told.
  static func limit(_ wanted: Int) -> Int { min(max(wanted, 1), 500) }

  static func decode(_ token: String?) throws(Refusal) -> UUID {
    guard let token, !token.isEmpty else { return UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) }
    guard token.utf8.count <= 64, let bytes = Base64URL.decode(token), let uuid = UUID(bytes: bytes) else {
      throw Refusal(
        .invalid, "pageTokenInvalid", "The page token is not one of ours.",
        nextStep: "Take it from nextPageToken of an earlier answer, or leave it out.")
    }
    return uuid
  }

  static func encode(_ uuid: UUID) -> String { Base64URL.encode(uuid.bytes) }

  /// Makes a page of up to `limit` rows out of `limit + 1` that were asked for.
  static func page<Element: Sendable>(
    _ rows: some Collection<Row>, limit wanted: Int, _ make: (Row) throws -> Element, id: (Element) -> UUID
  ) throws -> Page<Element> {
    let limit = limit(wanted)
    let elements = try rows.prefix(limit).map(make)
    return Page(elements: elements, nextPageToken: rows.count > limit ? elements.last.map { encode(id($0)) } : nil)
  }
}
