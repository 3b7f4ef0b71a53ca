/// Why a list or an index file was not taken.
public enum RevocationIndexError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The list is not to be believed, for this reason.
  case refused(VerificationReason)
  /// There is no such file, or it cannot be read to its end.
  case unreadable
  /// Somebody wrote to the list while it was read.
  case changedWhileRead
  /// The index, or its scratch file, cannot be written: the disk is full, or the directory is not ours.
  case notWritten
  /// The index file is cut, changed, or no index file of this version.
  case damaged
  /// The index file belongs to somebody else, is open to others, or speaks of an issuer that is not trusted here.
  case foreign

  /// A sentence for the operator.
  public var description: String {
    switch self {
    case .refused(let reason): "The list is not to be believed: \(reason.rawValue)."
    case .unreadable: "The file cannot be read."
    case .changedWhileRead: "The list changed while it was read."
    case .notWritten: "The index cannot be written: is the disk full, and is the directory writable?"
    case .damaged: "The index file is damaged, or none of this version."
    case .foreign: "The index file is another's: owner, permissions or issuer are not those that are expected."
    }
  }
}

/// What a list may be at most.
public struct RevocationListBounds: Sendable, Hashable {
  /// Larger lists are refused unread.
  public var maximumBytes: Int
  /// Lists of more entries are refused.
  public var maximumEntries: Int
  /// How far thisUpdate may lie ahead, in seconds.
  public var clockSkew: Double

  /// 1 GiB, which holds some 28 million entries; 50 million entries; one minute.
  public init(maximumBytes: Int = 1 << 30, maximumEntries: Int = 50_000_000, clockSkew: Double = 60) {
    self.maximumBytes = maximumBytes
    self.maximumEntries = maximumEntries
    self.clockSkew = max(clockSkew, 0)
  }
}
