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

  /// - Parameter toBeSigned: the bytes that the card was asked to sign.
  func examine(_ part: CardMaterial.Part, over toBeSigned: [UInt8], kind: CertificateKind, policy: TenantRevocationPolicy) async
    -> Examination
  {
    let certificate: VerifiedCertificate
    do {
      // Some 50 µs (one RSA verification): below the millisecond from which work must leave this thread.
      certificate = try verifier.verify(
        CardSignature(format: part.format, signature: part.signature, certificate: part.certificate), over: toBeSigned, kind: kind,
        at: clock.now())
    } catch {
      return .refused(Verdict(error), nil)
    }
    let sound = SoundPart(
      certificate: certificate, revocation: await revocation.check(certificate, policy: policy, purpose: .signatureVerification))
    return sound.revocation.passes ? .sound(sound) : .refused(Verdict(sound.revocation.result, sound.revocation.reason), sound)
  }
}
