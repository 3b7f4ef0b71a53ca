/// The two certificates of a card.
public enum CertificateKind: String, Sendable, Hashable, CaseIterable {
  /// 署名用電子証明書: carries the four items, ends with them.
  case signing
  /// 利用者証明用電子証明書: says that it is the same person, carries no personal data.
  case authentication
}

/// Which hierarchy a certificate belongs to. Trust stores of different environments never mix.
public enum TrustEnvironment: String, Sendable, Hashable, CaseIterable {
  /// J-LIS's real roots, `O=JPKI`.
  case production
  /// J-LIS's test roots, `O=JPKI-TEST`.
  case test
  /// The simulator's roots, `O=JPKI-SIM`.
  case simulator
}

/// What the key lives in.
public enum CardMedium: String, Sendable, Hashable, CaseIterable {
  /// The My Number Card.
  case card
  /// An Android phone (since 2023-05).
  case android
  /// An iPhone (since 2025-06).
  case iphone
}
