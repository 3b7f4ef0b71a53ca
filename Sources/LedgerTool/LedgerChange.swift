/// One line of `POST /v1/ledger-changes`.
public struct LedgerChange: Sendable, Hashable {
  /// Tags of the row before the change; empty for a new customer.
  public var before: [String]
  /// Tags of the row after it; nil where the customer has left.
  public var after: [String]?
  /// The bank's own number of the customer.
  public var ref: String?

  /// A change; see the properties.
  public init(before: [String], after: [String]?, ref: String?) {
    self.before = before
    self.after = after
    self.ref = ref
  }

  /// The line, without its end.
  public var line: String {
    "{\"before\":\(JSONText.list(before)),\"after\":\(after.map(JSONText.list) ?? "null")"
      + (ref.map { ",\"ref\":\(JSONText.quoted($0))" } ?? "") + "}"
  }
}
