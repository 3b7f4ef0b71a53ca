import Foundation
import JLIS
import JLISSimulator
import JPKI
import PostgreSQL
import Testing

@testable import Broker

@Suite("Revocation is decided as the tenant's policy says, and each decision says how", .serialized)
struct RevocationPolicyTests {
  /// What a verifier would know of a citizen's certificate.
  private func certificate(_ broker: TestBroker, _ citizen: CitizenHandle, _ kind: CertificateKind = .signing) throws -> VerifiedCertificate
  {
    let trust = try TrustStore(
      environment: .simulator, signing: [broker.simulator.root(.signing)], authentication: [broker.simulator.root(.authentication)])
    let der = kind == .signing ? citizen.signingCertificate : citizen.authenticationCertificate
    return try CardVerifier(trust: trust).verifyCertificate(der, kind: kind, at: broker.clock.now())
  }

  private func policy(_ tenant: TenantID, _ method: RevocationPolicy, fallbackHours: Int = 36, _ override: RevocationOverride? = nil)
    -> TenantRevocationPolicy
  {
    TenantRevocationPolicy(tenantID: tenant, method: method, fallbackSeconds: fallbackHours * 3600, override: override)
  }

  private func check(
    _ services: BrokerServices, _ certificate: VerifiedCertificate, _ policy: TenantRevocationPolicy, anew: Bool = false
  ) async -> RevocationDecision {
    await services.revocation.check(
      serial: certificate.serial, kind: certificate.kind, issuer: certificate.issuer, policy: policy, purpose: .signatureVerification,
      anew: anew)
  }

  // MARK: Keeping answers

  @Test func anAnswerIsKeptForItsTenantUntilItsNextUpdateAndNotASecondLonger() async throws {
    try await TestBroker.with { broker in
      let jlis = CountingJLIS(InProcessJLIS(broker.simulator))
      let services = broker.another(ocsp: OCSPSourceSettings(cachedAnswers: 10), jlis: jlis)
      let hanako = try certificate(broker, try broker.hanako())
      let bank = policy(try await broker.bank().id, .ocsp)
      let fintech = policy(try await broker.fintech().id, .ocsp)
      broker.wait(seconds: 600)
      let first = await check(services, hanako, bank)
      let second = await check(services, hanako, bank)
      #expect((first.status, second.status, second.method) == (.good, .good, .ocsp))
      #expect(first.sourceTime == second.sourceTime)
      #expect(jlis.ocspQuestions == 1)
      // Nobody learns from the speed of an answer where else a card was shown.
      _ = await check(services, hanako, fintech)
      #expect(jlis.ocspQuestions == 2)
      broker.wait(seconds: 299)
      _ = await check(services, hanako, bank)
      #expect(jlis.ocspQuestions == 2)
      broker.wait(seconds: 1)
      #expect(await check(services, hanako, bank).status == .good)
      #expect(jlis.ocspQuestions == 3)
      await services.stop()
    }
  }

  @Test func noMoreAnswersAreKeptThanTheLimit() async throws {
    try await TestBroker.with { broker in
      let jlis = CountingJLIS(InProcessJLIS(broker.simulator))
      let services = broker.another(ocsp: OCSPSourceSettings(cachedAnswers: 1), jlis: jlis)
      let bank = policy(try await broker.bank().id, .ocsp)
      let hanako = try certificate(broker, try broker.hanako())
      let taro = try certificate(broker, try broker.taro())
      for one in [hanako, taro, taro, hanako] { #expect(await check(services, one, bank).status == .good) }
      #expect(jlis.ocspQuestions == 3)
      await services.stop()
    }
  }

  @Test func whoAsksAnewIsToldTheNewsAndItIsKept() async throws {
    try await TestBroker.with { broker in
      let jlis = CountingJLIS(InProcessJLIS(broker.simulator))
      let services = broker.another(ocsp: OCSPSourceSettings(cachedAnswers: 10), jlis: jlis)
      let bank = policy(try await broker.bank().id, .ocsp)
      let citizen = try broker.hanako()
      let hanako = try certificate(broker, citizen)
      #expect(await check(services, hanako, bank).status == .good)
      try broker.simulator.revoke(citizen.id, kind: .signing, reason: .keyCompromise)
      #expect(await check(services, hanako, bank).status == .good)
      #expect(await check(services, hanako, bank, anew: true).reason == .ended)
      #expect(await check(services, hanako, bank).reason == .ended)
      #expect(jlis.ocspQuestions == 2)
      await services.stop()
    }
  }

  @Test func whatIsUnknownIsNotKept() async throws {
    try await TestBroker.with { broker in
      let jlis = CountingJLIS(InProcessJLIS(broker.simulator))
      let services = broker.another(ocsp: OCSPSourceSettings(cachedAnswers: 10), jlis: jlis)
      let bank = policy(try await broker.bank().id, .ocsp)
      let hanako = try certificate(broker, try broker.hanako())
      try broker.simulator.setFaults(Faults(ocsp: .wrongSerial))
      #expect(await check(services, hanako, bank).reason == .ocspOtherCertificate)
      try broker.simulator.setFaults(.none)
      #expect(await check(services, hanako, bank).status == .good)
      #expect(jlis.ocspQuestions == 2)
      await services.stop()
    }
  }

  // MARK: Falling back

  @Test func aTimeOutIsNeitherGoodNorRevoked() async throws {
    try await TestBroker.with { broker in
      let hanako = try certificate(broker, try broker.hanako())
      try broker.simulator.setFaults(Faults(ocsp: .slow))
      let decision = await check(broker.services, hanako, policy(try await broker.bank().id, .ocspThenCrl))
      #expect(decision.status == .unknown(.ocspTimeout))
      #expect((decision.method, decision.sourceTime, decision.ageSeconds) == (.none, nil, nil))
      #expect(decision.result == .revocationUnknown)
    }
  }

  @Test func aListStandsInForOCSPWhileItIsYoungEnough() async throws {
    try await TestBroker.with { broker in
      let citizen = try broker.hanako()
      let hanako = try certificate(broker, citizen)
      let taro = try broker.taro()
      let ended = try certificate(broker, taro)
      try broker.simulator.revoke(taro.id, kind: .signing, reason: .cessationOfOperation)
      let bank = try await broker.bank().id
      try await broker.syncLists()
      try broker.simulator.setFaults(Faults(ocsp: .down))
      let fresh = await check(broker.services, hanako, policy(bank, .ocspThenCrl))
      #expect((fresh.status, fresh.method) == (.good, .crl))
      // The revocation renewed the list that moment.
      #expect((fresh.ageSeconds, fresh.purpose) == (0, .signatureVerification))
      broker.wait(seconds: 36 * 3600)
      #expect(await check(broker.services, hanako, policy(bank, .ocspThenCrl)).status == .good)
      broker.wait(seconds: 1)
      let old = await check(broker.services, hanako, policy(bank, .ocspThenCrl))
      #expect(old.status == .unknown(.crlTooOld))
      #expect(old.ageSeconds == 36 * 3600 + 1)
      #expect(await check(broker.services, hanako, policy(bank, .ocspThenCrl, fallbackHours: 37)).status == .good)
      // Who relies on lists alone relies on their nextUpdate; and what was revoked stays revoked.
      #expect(await check(broker.services, hanako, policy(bank, .crl)).status == .good)
      #expect(await check(broker.services, ended, policy(bank, .ocspThenCrl)).reason == .ended)
    }
  }

  @Test func eachPolicyAsksItsOwnSourcesAlone() async throws {
    try await TestBroker.with { broker in
      let jlis = CountingJLIS(InProcessJLIS(broker.simulator))
      let services = broker.another(jlis: jlis)
      let hanako = try certificate(broker, try broker.hanako())
      let bank = try await broker.bank().id
      try await broker.syncLists()
      await services.revocation.indexes.refresh()
      #expect(await check(services, hanako, policy(bank, .crl)).method == .crl)
      #expect(jlis.ocspQuestions == 0)
      #expect(await check(services, hanako, policy(bank, .ocspThenCrl)).method == .ocsp)
      #expect(jlis.ocspQuestions == 1)
      try broker.simulator.setFaults(Faults(ocsp: .down))
      let alone = await check(services, hanako, policy(bank, .ocsp))
      #expect((alone.status, alone.method) == (.unknown(.ocspUnavailable), .none))
      await services.stop()
    }
  }

  @Test func noListVouchesForACertificateThatTheResponderDoesNotKnow() async throws {
    try await TestBroker.with { broker in
      let issuer = try certificate(broker, try broker.hanako()).issuer
      let bank = try await broker.bank().id
      try await broker.syncLists()
      let override = RevocationOverride(reason: "r", by: "b", until: broker.clock.now() + 60)
      let decision = await broker.services.revocation.check(
        serial: try #require(Serial([1, 2, 3])), kind: .signing, issuer: issuer, policy: policy(bank, .ocspThenCrl, override),
        purpose: .livenessCheck)
      #expect(decision.status == .unknown(.ocspUnknownCertificate))
      #expect(!decision.passes)
      #expect(decision.purpose == .livenessCheck)
    }
  }

  // MARK: Overriding

  /// The tenant as serving processes see it next.
  private func reloaded(_ broker: TestBroker, _ tenant: TestTenant) async throws -> TestTenant {
    TestTenant(
      tenant: try await broker.administration.get(tenant.id), client: tenant.client, key: tenant.key, handOver: tenant.handOver)
  }

  @Test func anOverrideLetsUnknownPassForItsTimeAndMarksEachDecision() async throws {
    try await TestBroker.with { broker in
      var bank = try await broker.bank()
      let citizen = try broker.hanako()
      try broker.simulator.setFaults(Faults(ocsp: .down))
      #expect(try await broker.onboard(bank, citizen).outcome.verdict.result == "revocationUnknown")

      let until = broker.clock.now() + 3600
      _ = try await broker.administration.setRevocationOverride(
        bank.id, RevocationOverride(reason: "J-LIS is down for maintenance", by: "operator on duty", until: until), operatorName: "test")
      bank = try await reloaded(broker, bank)
      #expect(bank.tenant.revocationOverride?.until == until)
      let answer = try await broker.onboard(bank, citizen)
      #expect(answer.outcome.verdict == .ok)
      #expect(answer.outcome.evidence.isUnderOverride == true)
      let login = try await broker.login(bank, citizen)
      #expect(login.verdict == .ok)
      #expect(login.evidence.isUnderOverride == true)
      let rows = try await broker.inspect(
        "select purpose, revocation_override, method, revocation_purpose from verifications where tenant_id = $1 order by verification_id",
        [.uuid(bank.id.uuid)])
      let told = try rows.map { "\(try $0.text(0)) \(try $0.bool(1)) \(try $0.text(2)) \(try $0.text(3))" }
      #expect(
        told == [
          "onboarding false none signatureVerification", "onboarding true none signatureVerification",
          "login true none signatureVerification",
        ])
      let audited = try await broker.inspect(
        "select kind from audit_events where tenant_id = $1 and detail->>'revocationOverride' = 'ocspUnavailable' order by at, kind",
        [.uuid(bank.id.uuid)])
      #expect(try Set(audited.map { try $0.text(0) }) == ["onboardingSigned", "loginAnswered"])
      #expect(try await broker.audited(bank)["revocationOverrideSet"] == 1)

      broker.wait(seconds: 3600)
      #expect(try await broker.login(bank, citizen).verdict.result == "revocationUnknown")
    }
  }

  @Test func whatIsRevokedNeverPasses() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let citizen = try broker.hanako()
      try broker.simulator.revoke(citizen.id, kind: .signing, reason: .keyCompromise)
      let override = RevocationOverride(reason: "r", by: "b", until: broker.clock.now() + 60)
      let decision = await check(broker.services, try certificate(broker, citizen), policy(bank.id, .ocsp, override))
      #expect(decision.reason == .ended)
      #expect(!decision.passes && !decision.isUnderOverride)
    }
  }

  @Test func anOverrideEndsWhenItIsToldTo() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      _ = try await broker.administration.setRevocationOverride(
        bank.id, RevocationOverride(reason: "r", by: "b", until: broker.clock.now() + 60), operatorName: "test")
      let tenant = try await broker.administration.setRevocationOverride(bank.id, nil, operatorName: "test")
      #expect(tenant.revocationOverride == nil)
      #expect(try await broker.audited(bank)["revocationOverrideEnded"] == 1)
    }
  }

  @Test(arguments: [("", "b", 60.0, "overrideUndocumented"), ("r", "", 60, "overrideUndocumented"), ("r", "b", 0, "overrideTooLong")])
  func anOverrideIsDocumentedAndEnds(_ reason: String, _ by: String, _ seconds: Double, _ code: String) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      for left in [seconds, seconds == 0 ? 7 * 86_400 + 1 : seconds] {
        let refused = try await refusalCode {
          _ = try await broker.administration.setRevocationOverride(
            bank.id, RevocationOverride(reason: reason, by: by, until: broker.clock.now() + left), operatorName: "test")
        }
        #expect(refused == code)
      }
      #expect(try await broker.administration.get(bank.id).revocationOverride == nil)
    }
  }

  @Test func theFallbackIsTheOperatorsToSetWithinBounds() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      #expect(bank.tenant.fallbackSeconds == 36 * 3600)
      let changed = try await broker.administration.change(bank.id, fallbackSeconds: 7200, operatorName: "test")
      #expect(changed.policy.fallbackSeconds == 7200)
      let code = try await refusalCode {
        _ = try await broker.administration.change(bank.id, fallbackSeconds: 60, operatorName: "test")
      }
      #expect(code == "fallbackInvalid")
    }
  }

  // MARK: On record

  @Test func eachDecisionRecordsMethodTimeAgeAndPurpose() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let citizen = try broker.hanako()
      broker.wait(seconds: 120)
      let subject = try #require(try await broker.onboard(bank, citizen).outcome.subjectID)
      _ = try await broker.login(bank, citizen)
      _ = try await broker.services.status.check(
        bank.caller, id: subject, method: .ocsp, purpose: .livenessCheck, request: try request())
      let verifications = try await broker.inspect(
        """
        select method, source_age_seconds, extract(epoch from checked_at - source_time)::integer, revocation_purpose from verifications
        where tenant_id = $1
        """, [.uuid(bank.id.uuid)])
      #expect(verifications.count == 2)
      for row in verifications {
        #expect(try (row.text(0), row.int(1), row.int(2), row.text(3)) == ("ocsp", 120, 120, "signatureVerification"))
      }
      let checks = try await broker.inspect(
        "select method, source_age_seconds, purpose, reason from status_checks where tenant_id = $1", [.uuid(bank.id.uuid)])
      #expect(try (checks[0].text(0), checks[0].int(1), checks[0].text(2)) == ("ocsp", 120, "livenessCheck"))
      #expect(try checks[0].optionalText(3) == nil)
      let audited = try await broker.inspect(
        "select count(*) from audit_events where tenant_id = $1 and detail->>'revocationAgeSeconds' = '120'", [.uuid(bank.id.uuid)])
      #expect(try audited[0].int(0) == 3)
    }
  }
}
