internal import Foundation
public import MerkleLog

/// The line of a checkpoint that names month, size and root of the log before it: so months stand in one chain, and those that were let go of keep their
/// anchor in those after them.
public struct AuditLogAnchor: Sendable {
  private static let prefix = "previous "

  /// `YYYY-MM`.
  private let month: String
  /// Entries of the log before.
  public let size: UInt64
  /// Its root.
  public let root: LogHash

  init(_ log: AuditLogRow) {
    month = log.month.description
    size = log.range.size
    root = log.range.root
  }

  /// Reads a checkpoint's; nil where it has none, or one that says nothing.
  public init?(_ checkpoint: Checkpoint) {
    guard let parts = Self.line(of: checkpoint)?.split(separator: " "), parts.count == 4, let size = UInt64(parts[2]),
      let root = Data(base64Encoded: String(parts[3])).flatMap({ LogHash($0) })
    else { return nil }
    month = String(parts[1])
    self.size = size
    self.root = root
  }

  /// The line as it is signed.
  var line: String { "\(Self.prefix)\(month) \(size) \(Data(root.bytes).base64EncodedString())" }

  /// The line that a checkpoint has, whatever it says.
  static func line(of checkpoint: Checkpoint) -> String? { checkpoint.extensions.first { $0.hasPrefix(prefix) } }

  /// The name of the log before the one of this name.
  public func origin(before origin: String) -> String { origin.split(separator: "/").dropLast().joined(separator: "/") + "/" + month }
}
