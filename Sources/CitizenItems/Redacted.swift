/// A value that no printing shows.
///
/// `print`, `dump`, string interpolation, `String(reflecting:)` and `Mirror` all go through the four witnesses below, so that an item or a key
/// that slips into a log line, an error or a crash report reads `<redacted>`. A type that conforms must not conform to `Encodable`.
public protocol Redacted: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
  /// Always `<redacted>`.
  public var description: String { "<redacted>" }
  /// Always `<redacted>`.
  public var debugDescription: String { "<redacted>" }
  /// A mirror without children: `dump` and reflection find nothing.
  public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)](), displayStyle: .struct) }
}
