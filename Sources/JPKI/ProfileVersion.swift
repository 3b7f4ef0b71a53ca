/// A generation of the profile: what keys and signatures its certificates have. All else is shared.
public enum ProfileVersion: String, Sendable, Hashable, CaseIterable {
  /// RSA of 2048 bits, SHA-256: cards and phones since 2016 (jpki.md §1, §2).
  case rsa2048
  /// ECDSA on P-384, SHA-384: the card planned for 2028 (jpki.md §4). Accepted only where a verifier is told to.
  case p384
}
