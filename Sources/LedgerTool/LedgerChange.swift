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
    var out: [UInt8] = []
    Self.append(
      before: Array(JSONText.list(before).utf8)[...], after: after.map { Array(JSONText.list($0).utf8)[...] },
      ref: ref.map { Array($0.utf8)[...] }, to: &out)
    return String(decoding: out.dropLast(), as: UTF8.self)
  }

  /// Appends a line with its end; the tags are lists of JSON already.
  static func append(before: ArraySlice<UInt8>?, after: ArraySlice<UInt8>?, ref: ArraySlice<UInt8>?, to out: inout [UInt8]) {
    out.append(contentsOf: "{\"before\":".utf8)
    if let before { out.append(contentsOf: before) } else { out.append(contentsOf: "[]".utf8) }
    out.append(contentsOf: ",\"after\":".utf8)
    if let after { out.append(contentsOf: after) } else { out.append(contentsOf: "null".utf8) }
    if let ref {
      out.append(contentsOf: ",\"ref\":".utf8)
      JSONText.append(ref, to: &out)
    }
    out.append(contentsOf: "}\n".utf8)
  }
}
