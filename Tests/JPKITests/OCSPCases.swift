import Foundation
import JPKI

/// What can be wrong with an OCSP answer, and what it can say.
enum OCSPCases {
  static func decide(_ der: [UInt8], nonce: [UInt8]? = AnswerRecipe.nonce, tolerance: OCSPTolerance = OCSPTolerance()) -> OCSPDecision? {
    guard let serial = Serial([0x01, 0xA2, 0xB3, 0xC4]) else { return nil }
    return OCSPAnswer.verify(der, serial: serial, issuer: World.signingAnchor, nonce: nonce, at: World.now, tolerance: tolerance)
  }

  /// A delegate without ocsp-nocheck, and what a list says of it.
  private static func decideUnchecked(_ status: @escaping (Serial) -> RevocationStatus) -> VerificationReason? {
    var recipe = AnswerRecipe()
    recipe.spoilDelegate { $0[ExtensionID.noCheck] = nil }
    guard let serial = Serial([0x01, 0xA2, 0xB3, 0xC4]) else { return nil }
    return OCSPAnswer.verify(
      recipe.der, serial: serial, issuer: World.signingAnchor, nonce: AnswerRecipe.nonce, at: World.now,
      responderStatus: { number, _ in status(number) }
    ).reason
  }

  /// An answer that is not believed, or says nothing.
  private static func answer(_ name: String, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout AnswerRecipe) -> Void)
    -> RefusalCase
  {
    answer(name, .revocationUnknown, reason, spoil)
  }

  private static func answer(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout AnswerRecipe) -> Void
  ) -> RefusalCase {
    RefusalCase("OCSP: " + name, result, reason) {
      var recipe = AnswerRecipe()
      spoil(&recipe)
      return decide(recipe.der)?.reason
    }
  }

  private static func delegate(_ name: String, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout Recipe) -> Void)
    -> RefusalCase
  {
    answer("delegate " + name, reason) { $0.spoilDelegate(spoil) }
  }

  static let all: [RefusalCase] = form + silence + responder + content + fallback

  private static let silence: [RefusalCase] = [
    RefusalCase("OCSP: no connection", .revocationUnknown, .ocspUnavailable) { OCSPDecision(noAnswer: .unavailable).reason },
    RefusalCase("OCSP: no answer in time", .revocationUnknown, .ocspTimeout) { OCSPDecision(noAnswer: .timeout).reason },
    RefusalCase("OCSP: more than is read", .revocationUnknown, .ocspTooLarge) { OCSPDecision(noAnswer: .tooLarge).reason },
    RefusalCase("OCSP: a page in place of an answer", .revocationUnknown, .ocspMalformed) { OCSPDecision(noAnswer: .malformed).reason },
  ]

  private static let fallback: [RefusalCase] = [
    RefusalCase("OCSP: falls back to a list that is too old", .revocationUnknown, .crlTooOld) {
      OCSPFallback.status(of: .good, thisUpdate: World.now - 3601, maximumAge: 3600, at: World.now).reason
    },
    RefusalCase("OCSP: falls back to an old list that knows of a revocation", .certificateRevoked, .ended) {
      OCSPFallback.status(of: .revoked(.ended, at: World.now - 9000), thisUpdate: World.now - 3601, maximumAge: 3600, at: World.now).reason
    },
  ]

  private static let form: [RefusalCase] = [
    RefusalCase("OCSP: nothing", .revocationUnknown, .ocspMalformed) { decide([])?.reason },
    RefusalCase("OCSP: larger than 64 KiB", .revocationUnknown, .ocspTooLarge) { decide([UInt8](repeating: 0x30, count: 65_537))?.reason },
    RefusalCase("OCSP: a byte after it", .revocationUnknown, .ocspMalformed) { decide(AnswerRecipe().der + [0])?.reason },
    answer("tryLater", .ocspUnsignedError) {
      $0.status = 3
      $0.hasBytes = false
    },
    answer("unauthorized, with a good answer inside", .ocspUnsignedError) { $0.status = 6 },
    answer("success without bytes", .ocspMalformed) { $0.hasBytes = false },
    answer("a response type of nobody's", .ocspMalformed) { $0.type = "1.3.6.1.5.5.7.48.1.9" },
    answer("producedAt in UTCTime", .ocspMalformed) { $0.producedAt = Encoder.utc("260701030000Z") },
    answer("two answers about one certificate", .ocspAnswerAmbiguous) { $0.singleCount = 2 },
  ]

  private static let responder: [RefusalCase] = [
    answer("sha1WithRSAEncryption", .ocspSignatureAlgorithm) { $0.algorithm = Encoder.algorithm(Algorithm.sha1WithRSA) },
    answer("signed by the card itself", .ocspSignature) { $0.key = World.signingKey },
    answer("an algorithm that was not used", .ocspSignature) { $0.algorithm = Encoder.algorithm(Algorithm.sha384WithRSA) },
    answer("no certificate of the delegate", .ocspResponderMissing) { $0.certificates = [] },
    answer("a responder of another name", .ocspResponderMissing) {
      $0.responder = Encoder.explicit(1, Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", "nobody")]))
    },
    answer("a delegate that the root did not sign", .ocspResponder) {
      $0.certificates = [AnswerRecipe.delegate().signed(by: World.otherCardKey)]
    },
    answer("a delegate of the other hierarchy", .ocspResponder) {
      var recipe = AnswerRecipe.delegate()
      recipe.issuer = World.authenticationAuthority.name
      recipe[ExtensionID.authorityKeyIdentifier]?.value = World.authenticationAuthority.keyReference
      $0.certificates = [recipe.signed(by: World.authenticationAuthority.key)]
    },
    answer("a card as responder", .ocspResponderPurpose) {
      $0.responder = Encoder.explicit(2, Encoder.octets(World.signingKey.identifier))
      $0.certificates = [World.signingCertificate]
      $0.key = World.signingKey
    },
    answer("a root of another generation as responder", .ocspSignature) {
      $0.responder = Encoder.explicit(1, World.signingAuthority.name)
      $0.key = World.youngerSigningAuthority.key
    },
    delegate("without OCSPSigning", .ocspResponderPurpose) { $0[ExtensionID.extKeyUsage] = nil },
    delegate("for time stamps", .ocspResponderPurpose) {
      $0[ExtensionID.extKeyUsage]?.value = Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.3.8"))
    },
    delegate("that is an authority", .ocspResponderProfile) {
      $0.extensions.append(.init(oid: ExtensionID.basicConstraints, critical: true, value: Encoder.sequence(Encoder.boolean(true))))
    },
    delegate("that may only encipher keys", .ocspResponderProfile) { $0[ExtensionID.keyUsage]?.value = Encoder.bits([0x20], unused: 5) },
    delegate("with an unknown critical extension", .ocspResponderProfile) {
      $0.extensions.append(.init(oid: "1.2.392.200149.9.9", critical: true, value: Encoder.null))
    },
    delegate("expired", .ocspResponderExpired) { $0.notAfter = Encoder.utc("260630000000Z") },
    delegate("not yet valid", .ocspResponderExpired) { $0.notBefore = Encoder.utc("260702000000Z") },
    delegate("without ocsp-nocheck", .ocspResponderUnchecked) { $0[ExtensionID.noCheck] = nil },
    RefusalCase("OCSP: delegate without ocsp-nocheck of whom the list knows nothing certain", .revocationUnknown, .ocspResponderUnchecked) {
      decideUnchecked { _ in .unknown(.crlExpired) }
    },
    RefusalCase("OCSP: delegate that the list says is revoked", .revocationUnknown, .ocspResponderRevoked) {
      decideUnchecked { _ in .revoked(.ended, at: World.now) }
    },
  ]

  private static let content: [RefusalCase] = [
    answer("another serial number", .ocspOtherCertificate) { $0.serial = Encoder.integer(7) },
    answer("another issuer's key", .ocspOtherIssuer) { $0.keyHash = World.youngerSigningAuthority.key.identifier },
    answer("another issuer's name", .ocspOtherIssuer) { $0.nameHash = sha1(World.authenticationAuthority.name) },
    answer("an answer about another issuer's certificate in front", .ocspOtherIssuer) {
      var other = AnswerRecipe()
      other.nameHash = sha1(World.authenticationAuthority.name)
      $0.otherSingles = [other.single]
    },
    answer("an answer with a cut name in front", .ocspOtherIssuer) {
      var other = AnswerRecipe()
      other.nameHash.removeLast(2)
      $0.otherSingles = [other.single]
    },
    answer("a CertID by MD5", .ocspHashAlgorithm) { $0.hashAlgorithm = Encoder.algorithm(Algorithm.md5) },
    answer("no answer at all", .ocspOtherCertificate) { $0.singleCount = 0 },
    answer("no nonce", .ocspNonceMissing) { $0.nonce = nil },
    answer("another nonce", .ocspNonce) { $0.nonce = [UInt8](repeating: 0x43, count: 32) },
    answer("the nonce twice", .ocspNonce) {
      $0.extensions = [Encoder.extension("1.3.6.1.5.5.7.48.1.2", Encoder.octets(AnswerRecipe.nonce))]
    },
    answer("an unknown critical extension", .ocspExtensionUnknownCritical) {
      $0.extensions = [Encoder.extension("1.2.392.200149.9.9", critical: true, Encoder.null)]
    },
    answer("an unknown critical extension of the one answer", .ocspExtensionUnknownCritical) {
      $0.singleExtensions = [Encoder.extension("1.2.392.200149.9.9", critical: true, Encoder.null)]
    },
    answer("thisUpdate ahead", .ocspNotYetValid) { $0.thisUpdate = Encoder.generalized("20260701030200Z") },
    answer("producedAt ahead", .ocspProducedAhead) { $0.producedAt = Encoder.generalized("20260701030200Z") },
    answer("producedAt before thisUpdate", .ocspTimesInconsistent) { $0.producedAt = Encoder.generalized("20260701020000Z") },
    answer("nextUpdate before thisUpdate", .ocspTimesInconsistent) { $0.nextUpdate = Encoder.generalized("20260701024500Z") },
    answer("nextUpdate over", .ocspStale) {
      $0.thisUpdate = Encoder.generalized("20260701023000Z")
      $0.nextUpdate = Encoder.generalized("20260701024500Z")
    },
    answer("old, without nextUpdate", .ocspTooOld) {
      $0.thisUpdate = Encoder.generalized("20260701023000Z")
      $0.nextUpdate = nil
    },
    answer("unknown to the responder", .ocspUnknownCertificate) { $0.certificateStatus = Encoder.primitive(2, []) },
    answer("changed", .certificateRevoked, .contentChanged) { $0.certificateStatus = AnswerRecipe.revoked(3) },
    answer("renewed", .certificateRevoked, .ended) { $0.certificateStatus = AnswerRecipe.revoked(4) },
    answer("without reason", .certificateRevoked, .ended) { $0.certificateStatus = AnswerRecipe.revoked(nil) },
    answer("for a reason of the future", .certificateRevoked, .ended) { $0.certificateStatus = AnswerRecipe.revoked(42) },
  ]
}
