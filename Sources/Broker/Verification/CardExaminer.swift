internal import Foundation
internal import JPKI

/// A card's part that was found sound, with what was found out about its revocation.
struct SoundPart: Sendable {
  let certificate: VerifiedCertificate
  let revocation: RevocationDecision
}

/// How the examination of one part of a card ended.
enum Examination: Sendable {
  case sound(SoundPart)
  /// The certificate is known where the refusal is about its revocation.
  case refused(Verdict, SoundPart?)
}

/// Verifies a card's signature and certificate, then its revocation.
struct CardExaminer: Sendable {
  let verifier: CardVerifier
  let revocation: RevocationService
  let clock: any WallClock
  let vault: KeyVault
  let allowances: RateLimiter

  /// Refuses by throwing where this card has signed too often. For a `notVerifier` only a card that passes is counted: were it told so of another, it
  /// could tell a revoked card from one that nobody trusts, whose certificate stands for no card (jpki.md §9; law 12).
  ///
  /// - Parameter toBeSigned: the bytes that the card was asked to sign.
  func examine(_ part: CardMaterial.Part, over toBeSigned: [UInt8], kind: CertificateKind, caller: Caller) async throws
    -> Examination
  {
    try await examine(part, kind, caller) { (signature) throws(VerificationFailure) in
      try verifier.verify(signature, over: toBeSigned, kind: kind, at: clock.now())
    }
  }

  /// The same where only the SHA-256 digest of what was signed is at hand.
  func examine(_ part: CardMaterial.Part, overDigest digest: [UInt8], kind: CertificateKind, caller: Caller) async throws
    -> Examination
  {
    try await examine(part, kind, caller) { (signature) throws(VerificationFailure) in
      try verifier.verify(signature, overDigest: digest, kind: kind, at: clock.now())
    }
  }

  private func examine(
    _ part: CardMaterial.Part, _ kind: CertificateKind, _ caller: Caller,
    _ verify: (CardSignature) throws(VerificationFailure) -> VerifiedCertificate
  ) async throws -> Examination {
    let certificate: VerifiedCertificate
    do {
      // Some 50 µs (one RSA verification): below the millisecond from which work must leave this thread.
      certificate = try verify(CardSignature(format: part.format, signature: part.signature, certificate: part.certificate))
    } catch {
      return .refused(Verdict(error), nil)
    }
    let index = try await vault.tenantKeys(caller.tenantID).indexes(of: certificate.serial, kind: kind)[0]
    let card = index.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    if caller.status == .deemedVerifier { try await allowances.take(caller, one: .signature, card) }
    let sound = SoundPart(
      certificate: certificate,
      revocation: await revocation.check(certificate, policy: caller.revocationPolicy, purpose: .signatureVerification))
    guard sound.revocation.passes else { return .refused(Verdict(sound.revocation.result, sound.revocation.reason), sound) }
    if caller.status == .notVerifier { try await allowances.take(caller, one: .signature, card) }
    return .sound(sound)
  }
}
