/// What can go wrong with tags and their keys. Carries neither.
public enum TagError: String, Error, Sendable, Hashable, CustomStringConvertible {
  /// The text is not `scheme.keyVersion.ruleset.value`.
  case malformed
  /// The key has another length than 32 bytes, or its version is not 1…2³¹−1.
  case keyForm
  /// The stored bytes were not made by this key, or were changed.
  case notOpened

  /// A sentence for people.
  public var description: String {
    switch self {
    case .malformed: "The tag is not of the form scheme.keyVersion.ruleset.value."
    case .keyForm: "The key is not 32 bytes long, or its version is out of range."
    case .notOpened: "The stored tag was not made by this key, or was changed."
    }
  }
}
