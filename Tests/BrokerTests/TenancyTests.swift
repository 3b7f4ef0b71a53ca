import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import JPKI
import PostgreSQL
import Testing

@testable import Broker

@Suite("Tenants and clients are the operator's work", .serialized)
struct TenancyTests {
  @Test func aTenantIsBornANotVerifierWithKeysAndAService() async throws {
    try await TestBroker.with { broker in
      let tenant = try await broker.administration.create(
        name: "名前", registeredKey: nil, jlisServiceID: nil, operatorName: "test")
      #expect(tenant.status == .notVerifier)
      #expect(tenant.isSandbox == false)
      #expect(try await broker.administration.get(tenant.id).name == "名前")
      #expect(try await broker.administration.list().map(\.id) == [tenant.id])
      let purposes = try await broker.inspect(
        "select purpose from tenant_keys where tenant_id = $1 order by purpose", [.uuid(tenant.id.uuid)])
      #expect(try purposes.map { try $0.text(0) } == ["edge", "pepper", "sealing", "serialIndex"])
      let services = try await broker.inspect("select service_id from services where tenant_id = $1", [.uuid(tenant.id.uuid)])
      #expect(try services.map { try $0.text(0) } == ["main"])
    }
  }

  @Test(arguments: ["http://app.example.jp", "https://", "https://app.example.jp/path", "app.example.jp"])
  func anOriginIsASecureHostAlone(_ origin: String) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let code = try await refusalCode {
        _ = try await broker.administration.createClient(
          of: bank.id, name: "n", key: SigningKey.generate().publicJWK, scopes: [.login], origins: [origin], operatorName: "test")
      }
      #expect(code == "originInvalid")
    }
  }

  @Test func aTenantMayBecomeADeemedVerifierAndItsCallersAtOnceSeeMore() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let changed = try await broker.administration.change(
        fintech.id, status: .deemedVerifier, revocationPolicy: nil, registeredKey: nil, operatorName: "test")
      #expect(changed.status == .deemedVerifier)
      #expect(try await broker.audited(fintech)["tenantChanged"] == 1)
    }
  }

  @Test func anOriginOrScopeThatIsNotTheClientsIsRefused() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank(scopes: [.login])
      let origin = try await refusalCode {
        _ = try await broker.services.logins.create(bank.caller, origin: "https://evil.example", subjectID: nil)
      }
      #expect(origin == "originNotRegistered")
      let scope = try await refusalCode { _ = try await broker.services.matches.create(bank.caller, origin: TestBroker.origin) }
      #expect(scope == "insufficientScope")
    }
  }

  @Test func eventsAreReadOnFromACursor() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (_, first) = try await broker.onboardWithPair(bank, try broker.hanako())
      let (_, second) = try await broker.onboardWithPair(bank, try broker.hanako())
      try await broker.services.pairs.delete(bank.caller, id: first, request: try request())
      try await broker.services.pairs.delete(bank.caller, id: second, request: try request())
      #expect(try await broker.events(bank) == [.pairDeleted, .pairDeleted])
      let page = try await broker.services.events.list(bank.caller, after: nil, limit: 1, waitSeconds: 0)
      #expect(page.events.map(\.pairID) == [first])
      let next = try await broker.services.events.list(bank.caller, after: page.nextAfter, limit: 10, waitSeconds: 0)
      #expect(next.events.map(\.pairID) == [second])
      let last = try await broker.services.events.list(bank.caller, after: next.nextAfter, limit: 10, waitSeconds: 0)
      #expect(last.events.isEmpty)
      #expect(last.nextAfter == next.nextAfter)
    }
  }

  @Test func anOnboardingTellsWhereItStandsWithoutItems() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let session = try await broker.startOnboarding(bank)
      let id = try #require(OnboardingID(session.id))
      #expect(try await broker.services.onboardings.get(bank.caller, id: id).status == "awaitingSignature")
      let card = try broker.card(try broker.hanako(), over: session.toBeSigned)
      _ = try await broker.signOnboarding(bank, session, card)
      let status = try await broker.services.onboardings.get(bank.caller, id: id)
      #expect(status.status == "completed")
      #expect(status.outcome?.verdict == .ok)
      let late = try #require(OnboardingID(try await broker.startOnboarding(bank).id))
      broker.wait(seconds: 3600)
      #expect(try await broker.services.onboardings.get(bank.caller, id: late).status == "expired")
    }
  }
}

@Suite("Ids, what is signed, and periods have one form")
struct FormTests {
  @Test func anIDReadsBackAndNamesItsKind() throws {
    let ids = IdentifierSource(clock: SystemWallClock())
    let id = ids.next(SubjectKind.self)
    #expect(id.description.hasPrefix("sub_"))
    #expect(SubjectID(id.description) == id)
    #expect(PairID(id.description) == nil)
    #expect(SubjectID("sub_" + String(repeating: "z", count: 26)) == nil)
    #expect(SubjectID(id.description.uppercased()) == nil)
  }

  @Test func idsSortInTheOrderOfTheirMaking() {
    let ids = IdentifierSource(clock: MovedClock(Date(timeIntervalSince1970: 1_750_000_000)))
    let made = (0..<10_000).map { _ in ids.next(EventKind.self).description }
    #expect(made == made.sorted())
    #expect(Set(made).count == made.count)
  }

  @Test func whatIsSignedBeginsWithItsPurposeAndEveryFieldCounts() throws {
    let tenant = try #require(TenantID("ten_0123456789abcdefghjkmnpqrs"))
    let base = ToBeSigned(purpose: .login, tenantID: tenant, sessionID: "s", origin: "o", nonce: [1])
    #expect(base.bytes.starts(with: Array("yonjo/login/1".utf8) + [0, 0, 0, 30]))
    let moved = ToBeSigned(purpose: .login, tenantID: tenant, sessionID: "so", origin: "", nonce: [1])
    #expect(base.bytes != moved.bytes)
    var other = base
    other.noticeDigest = [1]
    var another = base
    another.statementDigest = [1]
    #expect(Set([base.bytes, other.bytes, another.bytes]).count == 3)
  }

  @Test func aPeriodBeginsTheDayAfterInJapan() throws {
    let given = try Date("2026-04-01T16:00:00Z", strategy: .iso8601)
    let period = try #require(ValidityPeriod("P10Y"))
    #expect(period.end(from: given, start: .dayAfterConsent) == (try Date("2036-04-02T15:00:00Z", strategy: .iso8601)))
    #expect(period.end(from: given, start: .consentDay) == (try Date("2036-04-01T15:00:00Z", strategy: .iso8601)))
    #expect(ValidityPeriod("P1Y6M") != nil)
    #expect(ValidityPeriod("P6M1Y") == nil)
  }

  @Test func aSealedValueOpensInItsOwnRowOnly() throws {
    let place = "ten_1/pairs/ledger_ref_sealed/1"
    let root = RootKey.generate()
    let wrapped = try root.wrap([1, 2, 3], context: place)
    var damaged = wrapped
    damaged[damaged.count - 1] ^= 1
    #expect(try root.unwrap(wrapped, context: place) == [1, 2, 3])
    #expect(throws: KeyError.self) { try root.unwrap(damaged, context: place) }
    #expect(throws: KeyError.self) { try root.unwrap(Array(wrapped.prefix(20)), context: place) }
  }

  @Test func whatHoldsSecretsPrintsNone() {
    let material = CardMaterial(main: .init(format: .raw, signature: [1, 2, 3], certificate: [4]), authentication: nil)
    var dumped = ""
    dump(material, to: &dumped)
    #expect(!dumped.contains("1"))
    #expect("\(material)" == "<redacted>")
    #expect(String(reflecting: RootKey.generate()) == "<redacted>")
  }
}
