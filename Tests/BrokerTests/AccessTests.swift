import Foundation
import JOSE
import PostgreSQL
import Testing

@testable import Broker

@Suite("Clients prove themselves by private_key_jwt and get a token of ten minutes", .serialized)
struct AccessTests {
  private static func assertion(
    _ tenant: TestTenant, key: SigningKey? = nil, client: String? = nil, at now: Date, lifetime: TimeInterval = 60,
    id: String = UUID().uuidString
  ) throws -> String {
    let client = client ?? tenant.client.clientID
    return try JSONWebToken.sign(
      JSONWebToken.Claims(
        issuer: client, subject: client, audience: [TestBroker.issuer + "/oauth2/token"], expiration: now.addingTimeInterval(lifetime),
        issuedAt: now, tokenID: id), key: key ?? tenant.key)
  }

  private static func token(_ broker: TestBroker, _ tenant: TestTenant, scope: String? = nil) async throws -> TokenGrant {
    try await broker.services.access.grant(
      clientAssertion: try assertion(tenant, at: broker.clock.now()), scope: scope, requestID: "req-1")
  }

  private static func refusal(_ broker: TestBroker, _ assertion: String) async throws -> String? {
    try await refusalCode { _ = try await broker.services.access.grant(clientAssertion: assertion, scope: nil, requestID: "req-1") }
  }

  @Test func theRegisteredKeyGetsATokenThatNamesItsTenant() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let grant = try await Self.token(broker, bank, scope: "login matching")
      #expect(grant.expiresInSeconds == 600)
      #expect(grant.scope == "login matching")
      let caller = try await broker.services.access.caller(token: grant.accessToken, requestID: "req-2")
      #expect(caller.tenantID == bank.id)
      #expect(caller.status == .deemedVerifier)
      #expect(caller.scopes == [.login, .matching])
      #expect(caller.requestID == "req-2")
    }
  }

  @Test func anotherKeyIsRefused() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let assertion = try Self.assertion(bank, key: .generate(), at: broker.clock.now())
      #expect(try await Self.refusal(broker, assertion) == "invalid_client")
    }
  }

  @Test func anAssertionIsGoodOnceAndTheLogSaysWhichTime() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let assertion = try Self.assertion(bank, at: broker.clock.now())
      #expect(try await Self.refusal(broker, assertion) == nil)
      #expect(try await Self.refusal(broker, assertion) == "invalid_client")
      let outcomes = try await broker.inspect("select outcome from audit_events where kind = 'tokenIssued' order by event_id")
      #expect(try outcomes.map { try $0.text(0) } == ["ok", "assertionReused"])
    }
  }

  @Test func anExpiredAndATooLongAssertionAreRefused() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let expired = try Self.assertion(bank, at: broker.clock.now().addingTimeInterval(-3600))
      #expect(try await Self.refusal(broker, expired) == "invalid_client")
      let long = try Self.assertion(bank, at: broker.clock.now(), lifetime: 3600)
      #expect(try await Self.refusal(broker, long) == "invalid_client")
    }
  }

  @Test func anUnknownClientIsRefusedInTheSameWords() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let assertion = try Self.assertion(bank, client: "cli_00000000000000000000000000", at: broker.clock.now())
      #expect(try await Self.refusal(broker, assertion) == "invalid_client")
    }
  }

  @Test func aScopeThatIsNotRegisteredIsRefused() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank(scopes: [.login])
      #expect(try await refusalCode { _ = try await Self.token(broker, bank, scope: "subjects") } == "invalid_scope")
      #expect(try await Self.token(broker, bank).scope == "login")
    }
  }

  @Test func aSuspendedTenantGetsNoTokenAndItsTokensEndWithinSeconds() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let token = try await Self.token(broker, bank).accessToken
      _ = try await broker.services.access.caller(token: token, requestID: "r")
      _ = try await broker.administration.suspend(bank.id, true, operatorName: "test")
      broker.wait(seconds: 6)
      #expect(try await refusalCode { _ = try await broker.services.access.caller(token: token, requestID: "r") } == "invalidToken")
      #expect(try await Self.refusal(broker, try Self.assertion(bank, at: broker.clock.now())) == "invalid_client")
      _ = try await broker.administration.suspend(bank.id, false, operatorName: "test")
      #expect(try await refusalCode { _ = try await broker.services.access.caller(token: token, requestID: "r") } == nil)
    }
  }

  @Test func aRevokedClientsTokensEndWithinSeconds() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let token = try await Self.token(broker, bank).accessToken
      _ = try await broker.services.access.caller(token: token, requestID: "r")
      try await broker.administration.revokeClient(bank.client.clientID, of: bank.id, operatorName: "test")
      broker.wait(seconds: 6)
      #expect(try await refusalCode { _ = try await broker.services.access.caller(token: token, requestID: "r") } == "invalidToken")
      #expect(try await Self.refusal(broker, try Self.assertion(bank, at: broker.clock.now())) == "invalid_client")
    }
  }

  @Test func aRotatedKeyTakesTheOldOnesPlace() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let fresh = SigningKey.generate()
      try await broker.administration.rotateClient(bank.client.clientID, of: bank.id, key: fresh.publicJWK, operatorName: "test")
      #expect(try await Self.refusal(broker, try Self.assertion(bank, at: broker.clock.now())) == "invalid_client")
      #expect(try await Self.refusal(broker, try Self.assertion(bank, key: fresh, at: broker.clock.now())) == nil)
    }
  }

  @Test func aTokenEndsAfterTenMinutes() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let token = try await Self.token(broker, bank).accessToken
      broker.wait(seconds: 601)
      #expect(try await refusalCode { _ = try await broker.services.access.caller(token: token, requestID: "r") } == "invalidToken")
    }
  }
}
