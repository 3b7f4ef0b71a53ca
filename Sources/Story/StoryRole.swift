/// Who speaks to the broker in the story. Each is a client of its own, with no more scopes than it needs.
public enum StoryRole: String, Sendable, CaseIterable, Codable {
  /// The bank's back end (`deemedVerifier`).
  case bank
  /// What runs beside the bank's ledger 銀行元帳: tags, pairs, changes.
  case ledger
  /// The bank's compliance staff: reads consents and the audit trail, writes nothing.
  case compliance
  /// The fintech's back end (`notVerifier`).
  case fintech

  /// The tenant to which the client belongs.
  public var tenant: StoryTenant { self == .fintech ? .fintech : .bank }
}

/// The two tenants of the story.
public enum StoryTenant: String, Sendable, CaseIterable, Codable {
  case bank, fintech
}
