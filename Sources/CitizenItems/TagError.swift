/// What can go wrong with tags and their keys. Carries neither.
public enum TagError: String, Error, Sendable, Hashable, CustomStringConvertible {
  /// The text is not `scheme.keyVersion.ruleset.value`.
  case malformed
  /// The key has another form than its scheme asks, or its version is not 1…2³¹−1.
  case keyForm
  /// The stored bytes were not made by this key, or were changed.
  case notOpened
  /// An evaluation carries no proof that it was made under the tenant's published key.
  case proofInvalid

  /// A sentence for people.
  public var description: String {
    switch self {
    case .malformed: "The tag is not of the form scheme.keyVersion.ruleset.value."
    case .keyForm: "The key is not of the form that its scheme asks, or its version is out of range."
    case .proofInvalid: "The evaluation was not made under the published key."
    case .notOpened: "The stored tag was not made by this key, or was changed."
    }
  }
}
