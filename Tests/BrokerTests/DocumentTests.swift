import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import JPKI
import PostgreSQL
import Testing

@testable import Broker

@Suite("Documents: what a person signed without a session is verified", .serialized)
struct DocumentTests {
  private static let digest = DocumentHash.digest(of: TestBroker.contract)

  @Test func everyFormOfASignatureIsVerified() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let forms: [(String, CardInput, [UInt8]?)] = [
        ("raw over the digest", try broker.signedRaw(hanako), Self.digest),
        ("detached over the digest", try broker.signedMessage(hanako, attached: false), Self.digest),
        ("attached, document named as well", try broker.signedMessage(hanako, attached: true), Self.digest),
        ("attached, document inside alone", try broker.signedMessage(hanako, attached: true), nil),
        ("raw in an envelope", try await broker.documentEnvelope(hanako, tenant: bank), Self.digest),
        ("attached in an envelope", try await broker.documentEnvelope(hanako, tenant: bank, message: true), Self.digest),
      ]
      for (name, card, digest) in forms {
        let outcome = try await broker.verify(bank, card, digest: digest).outcome
        #expect(outcome.verdict == .ok, "\(name)")
        #expect(outcome.digest == Self.digest, "\(name)")
      }
    }
  }

  @Test func aMessageMayArriveInPiecesAndBeLargerThanAnythingThatIsHeld() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let large = [UInt8](repeating: 0x59, count: 300_000)
      let bytes = try broker.device(try broker.hanako()).signedMessage(over: large, attached: true)
      var message = DocumentMessage()
      for start in stride(from: 0, to: bytes.count, by: 16_384) {
        bytes[start..<min(start + 16_384, bytes.count)].withUnsafeBytes { message.take($0) }
      }
      let read = message.finish()
      #expect(try await broker.verify(bank, .message(read), digest: nil).outcome.digest == DocumentHash.digest(of: large))
      let other = try await broker.verify(bank, .message(read), digest: Self.digest).outcome
      #expect(other.verdict == Verdict(.signatureInvalid, .cmsContentMismatch))
    }
  }

  @Test func whatIsWrongIsRefusedWithItsReason() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let other = DocumentHash.digest(of: Array("another contract".utf8))
      func verdict(_ card: CardInput, _ digest: [UInt8]? = Self.digest) async throws -> Verdict {
        let answer = try await broker.verify(bank, card, digest: digest)
        #expect(answer.outcome.receipt == nil && answer.outcome.subjectID == nil && answer.items == nil)
        return answer.outcome.verdict
      }
      #expect(try await verdict(try broker.signedRaw(hanako), other) == Verdict(.signatureInvalid, .digestMismatch))
      #expect(try await verdict(try broker.signedMessage(hanako, attached: false), other) == Verdict(.signatureInvalid, .digestMismatch))
      #expect(try await verdict(try broker.signedMessage(hanako, attached: true), other) == Verdict(.signatureInvalid, .cmsContentMismatch))
      let noMessage = CardInput.plain(
        CardMaterial(main: .init(format: .cms, signature: Array("%PDF".utf8), certificate: nil), authentication: nil))
      #expect(try await verdict(noMessage) == Verdict(.signatureInvalid, .cmsMalformed))
      let tooLarge = CardInput.plain(
        CardMaterial(main: .init(format: .cms, signature: [UInt8](repeating: 0, count: 70_000), certificate: nil), authentication: nil))
      #expect(try await verdict(tooLarge) == Verdict(.signatureInvalid, .signatureTooLarge))
      // A login's key signs no contract.
      #expect(try await verdict(try broker.loginCard(hanako, over: TestBroker.contract)).result != "ok")
      for (variant, result) in [
        (CertificateVariant.expired, "certificateExpired"), (.notYetValid, "certificateNotYetValid"), (.revoked, "certificateRevoked"),
        (.untrusted, "certificateUntrusted"), (.forged, "certificateUntrusted"),
      ] {
        #expect(try await verdict(try broker.signedRaw(try broker.hanako(variant))).result == result)
      }
    }
  }

  @Test func whatCannotBeUnderstoodIsRefusedBeforeAnythingIsLookedAt() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      let raw = try broker.signedRaw(hanako)
      func code(
        _ tenant: TestTenant, _ card: CardInput, digest: [UInt8]? = Self.digest, consents: [ConsentSelection] = [],
        purpose: String = "contract"
      ) async throws -> String? {
        try await refusalCode { _ = try await broker.verify(tenant, card, digest: digest, consents: consents, purpose: purpose) }
      }
      #expect(try await code(bank, raw, digest: nil) == "documentMissing")
      #expect(try await code(bank, try broker.signedMessage(hanako, attached: false), digest: nil) == "documentMissing")
      #expect(try await code(bank, try await broker.documentEnvelope(hanako, tenant: bank), digest: nil) == "documentMissing")
      #expect(try await code(bank, raw, digest: [1, 2, 3]) == "digestInvalid")
      for purpose in ["", "ローン", "a b", "1loan", String(repeating: "a", count: 65)] {
        #expect(try await code(bank, raw, purpose: purpose) == "documentPurposeInvalid")
      }
      #expect(try await code(bank, try broker.card(hanako, over: TestBroker.contract)) == "authenticationNotTaken")
      let xml = CardInput.plain(CardMaterial(main: .init(format: .xml, signature: [1], certificate: nil), authentication: nil))
      #expect(try await code(bank, xml) == "formatNotSupported")
      #expect(try await code(fintech, raw) == "cardEnvelopeRequired")
      #expect(
        try await refusalCode {
          _ = try await broker.verify(fintech, .message(DocumentMessage.read([UInt8]([0x30]))), digest: Self.digest)
        } == "cardEnvelopeRequired")
      let foreign = ConsentSelection(
        noticeID: try await broker.notice(fintech).id, version: 1, purposes: ["account"], items: [.name])
      #expect(try await code(bank, raw, consents: [foreign]) == "noticeUnknown")
      let scoped = try await broker.bank(scopes: [.login])
      #expect(try await code(scoped, raw) == "insufficientScope")
      #expect(try await broker.inspect("select count(*) from verifications")[0].int(0) == 0)
    }
  }

  @Test func anEnvelopeServesForItsDocumentAndTenantAlone() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      let other = DocumentHash.digest(of: Array("another contract".utf8))
      for card in [
        try await broker.documentEnvelope(hanako, tenant: bank), try await broker.documentEnvelope(hanako, tenant: fintech, named: other),
      ] {
        #expect(try await refusalCode { _ = try await broker.verify(fintech, card) } == "cardEnvelopeForeign")
      }
      // Made for a session, it is no signature of a document.
      let session = try await broker.startOnboarding(fintech)
      let ofSession = try await broker.envelope(hanako, over: session.toBeSigned, tenant: fintech, session: session.id)
      #expect(try await refusalCode { _ = try await broker.verify(fintech, ofSession) } == "cardEnvelopeForeign")
    }
  }

  @Test func itemsAreHandedOverOnlyToADeemedVerifierAndOnlyThoseThatAConsentNames() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      #expect(try await broker.verify(bank, try broker.signedRaw(hanako)).items == nil)
      let named = broker.selection(try await broker.notice(bank), items: [.name, .address])
      let items = try #require(try await broker.verify(bank, try broker.signedRaw(hanako), consents: [named]).items)
      #expect(items.name?.text == Hanako.name && items.address?.text == Hanako.address)
      #expect(items.dateOfBirth == nil && items.sex == nil)
      let answer = try await broker.verify(
        fintech, try await broker.documentEnvelope(hanako, tenant: fintech), consents: [broker.selection(try await broker.notice(fintech))])
      #expect(answer.outcome.verdict == .ok)
      #expect(answer.items == nil && !answer.itemsHandedOver)
      // Nothing but this answer was agreed to: no standing consent comes of it.
      #expect(try await broker.inspect("select count(*) from consents")[0].int(0) == 0)
      #expect(try await broker.inspect("select count(*) from intents")[0].int(0) == 0)
    }
  }

  @Test func aPersonWhomTheTenantKnowsIsRecognisedWithThePair() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let other = try await broker.bank()
      let hanako = try broker.hanako()
      #expect(try await broker.verify(bank, try broker.signedRaw(hanako)).outcome.subjectID == nil)
      let (subject, pair) = try await broker.onboardWithPair(bank, hanako)
      let known = try await broker.verify(bank, try broker.signedRaw(hanako)).outcome
      #expect(known.subjectID == subject)
      #expect(known.pair?.id == pair && known.pair?.state == .active)
      // Nobody else's knowledge (law 3).
      #expect(try await broker.verify(other, try broker.signedRaw(hanako)).outcome.subjectID == nil)
      try await broker.services.subjects.erase(bank.caller, id: subject, request: try request())
      #expect(try await broker.verify(bank, try broker.signedRaw(hanako)).outcome.subjectID == nil)
    }
  }

  @Test func withoutTheScopeMatchingNoPairIsTold() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (subject, _) = try await broker.onboardWithPair(bank, hanako)
      let caller = Caller(
        tenantID: bank.id, clientID: "cli_other", status: .deemedVerifier, isSandbox: false, revocationPolicy: bank.caller.revocationPolicy,
        origins: [],
        scopes: [.documents], requestID: "r")
      let answer = try await broker.services.documents.verify(
        caller, DocumentDraft(signature: .card(try broker.signedRaw(hanako)), digest: Self.digest, purpose: "contract", consents: []),
        request: try request())
      #expect(answer.outcome.subjectID == subject && answer.outcome.pair == nil)
    }
  }

  @Test func aContentChangeFoundAtADocumentMarksThePairStale() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      let signed = try broker.signedRaw(hanako)
      broker.wait(seconds: 60)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      #expect(try await broker.verify(bank, signed).outcome.verdict.result == "certificateRevoked")
      #expect(try await broker.pair(bank, pair).state == .stale)
      #expect(try await broker.events(bank).suffix(2) == [.pairStale, .subjectChanged])
    }
  }

  @Test func whereRevocationIsUnknownTheDocumentIsRefused() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      try broker.simulator.setFaults(Faults(ocsp: .down))
      #expect(try await broker.verify(bank, try broker.signedRaw(hanako)).outcome.verdict.result == "revocationUnknown")
    }
  }

  @Test func theReceiptSaysWhatWasSignedAndHowItWasLookedAt() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let subject = try await broker.onboardWithPair(bank, hanako).subject
      let notice = try await broker.notice(bank)
      let outcome = try await broker.verify(bank, try broker.signedRaw(hanako), consents: [broker.selection(notice, items: [.name])])
        .outcome
      let claims = try await broker.claims(of: outcome.receipt)
      #expect(claims["schema"] == "yonjo-receipt/1")
      #expect(claims["iss"] == .string(TestBroker.issuer) && claims["aud"] == .string(bank.id.description))
      #expect(claims["jti"] == .string(outcome.evidence.id.description) && claims["sub"] == .string(subject.description))
      #expect(claims["purpose"] == "document" && claims["documentPurpose"] == "loanContract" && claims["result"] == "ok")
      #expect(claims["signed"] == .string(Base64URL.encode(Self.digest)) && claims["signedAlgorithm"] == "SHA-256")
      let now = Int64(broker.clock.now().timeIntervalSince1970)
      #expect(claims["checkedAt"] == .integer(now) && claims["iat"] == .integer(now))
      #expect(claims["revocation"]?["method"] == "ocsp" && claims["revocation"]?["sourceTime"]?.integer != nil)
      #expect(claims["notices"]?[0]?["notice"] == .string(notice.id.description))
      #expect(claims["notices"]?[0]?["items"] == ["name"])
    }
  }

  @Test func aNotVerifiersReceiptSaysNothingOfTheRevocationCheck() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      let outcome = try await broker.verify(fintech, try await broker.documentEnvelope(hanako, tenant: fintech)).outcome
      let ofDocument = try await broker.claims(of: outcome.receipt)
      let ofOnboarding = try await broker.claims(of: try await broker.onboard(fintech, hanako).outcome.receipt)
      for claims in [ofDocument, ofOnboarding] {
        #expect(claims["revocation"] == nil && claims["checkedAt"] != nil && claims["schema"] == "yonjo-receipt/1")
      }
    }
  }

  @Test func aReceiptIsVerifiedByThePublishedKeysAfterEveryRotation() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let receipt = try await broker.verify(bank, try broker.signedRaw(try broker.hanako())).outcome.receipt
      let kid = try JSONWebSignature.unverifiedParts(try #require(receipt)).header.keyID
      for version in [2, 3] {
        #expect(try await broker.keyAdministration.rotatePlatformKey(.receipt) == version)
        broker.wait(seconds: 61)
        #expect(try await broker.claims(of: receipt)["result"] == "ok")
      }
      let younger = try await broker.verify(bank, try broker.signedRaw(try broker.taro())).outcome.receipt
      #expect(try JSONWebSignature.unverifiedParts(try #require(younger)).header.keyID != kid)
    }
  }

  @Test func theSameKeyBringsTheSameAnswerAndItemsForTenMinutes() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let consents = [broker.selection(try await broker.notice(bank))]
      for card in [try broker.signedRaw(hanako), try broker.signedMessage(hanako, attached: true)] {
        let key = UUID().uuidString
        func verify() async throws -> DocumentAnswer { try await broker.verify(bank, card, consents: consents, request: try request(key)) }
        let first = try await verify()
        broker.wait(seconds: 599)
        let again = try await verify()
        #expect(again.outcome.evidence.id == first.outcome.evidence.id && again.outcome.receipt == first.outcome.receipt)
        #expect(again.items?.name?.text == Hanako.name && !again.itemsHandedOver)
        broker.wait(seconds: 2)
        let late = try await verify()
        #expect(late.outcome.receipt == first.outcome.receipt)
        #expect(late.items == nil && late.itemsHandedOver)
      }
      #expect(try await broker.inspect("select count(*) from verifications where purpose = 'document'")[0].int(0) == 2)
      let other = try await refusalCode {
        let request = try request("k")
        _ = try await broker.verify(bank, try broker.signedRaw(hanako), request: request)
        _ = try await broker.verify(
          bank, try broker.signedRaw(hanako), request: try Broker.RepeatableRequest(key: "k", operation: "POST /test", body: [1]))
      }
      #expect(other == "idempotencyKeyReused")
    }
  }

  @Test func aRefusalIsRepeatedAsItWas() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let revoked = try broker.signedRaw(try broker.hanako(.revoked))
      let first = try await broker.verify(bank, revoked, request: try request("k")).outcome
      let again = try await broker.verify(bank, revoked, request: try request("k")).outcome
      #expect(again.verdict == first.verdict && again.evidence.id == first.evidence.id)
    }
  }

  @Test func eachVerificationIsAuditedWithItsPurposeInLaw() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let sound = try broker.signedRaw(try broker.hanako())
      let revoked = try broker.signedRaw(try broker.hanako(.revoked))
      #expect(try await broker.auditing(bank) { _ = try await broker.verify(bank, sound) } == ["documentVerified": 1])
      #expect(try await broker.auditing(bank) { _ = try await broker.verify(bank, revoked) } == ["documentVerified": 1])
      let rows = try await broker.inspect(
        "select purpose, outcome, object from audit_events where kind = 'documentVerified' order by event_id")
      #expect(try rows.map { try $0.text(0) } == ["signatureVerification", "signatureVerification"])
      #expect(try rows.map { try $0.text(1) } == ["ok", "certificateRevoked"])
      let ids = try await broker.inspect("select verification_id from verifications order by verification_id")
      #expect(try rows.map { try $0.text(2) } == ids.map { VerificationID(try $0.uuid(0)).description })
    }
  }

  @Test func nothingOfTheDocumentThePersonOrTheCardIsStored() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      for attached in [true, false] {
        let card = try broker.signedMessage(hanako, attached: attached)
        let answer = try await broker.verify(bank, card, consents: [broker.selection(notice)], request: try request())
        #expect(answer.items?.name != nil)
      }
      _ = try await broker.verify(bank, try broker.signedRaw(try broker.hanako(.revoked)))
      let dump = try await broker.dump()
      #expect(dump.contains("documentVerified") && dump.contains("loanContract"))
      let base64 = dump.replacing("-", with: "+").replacing("_", with: "/")
      for secret in [TestBroker.contract, hanako.signingCertificate] {
        #expect(!dump.contains(secret.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()))
        #expect(!base64.contains(Data(secret).base64EncodedString().replacing("=", with: "")))
      }
      for text in [Hanako.name, "花子", "清瀬", "1980-02-17", "19800217", "金銭消費貸借"] { #expect(!dump.contains(text), "\(text)") }
    }
  }
}
