import Foundation
import PostgreSQL
import Testing

@testable import Broker

@Suite("Compliance staff: sign-in, sessions, roles")
struct StaffTests {
  /// RFC 6238 appendix B, SHA-1: the last six of its eight digits.
  @Test(arguments: [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")])
  func codesAreThoseOfTheStandard(seconds: Int64, code: String) {
    let secret = Array("12345678901234567890".utf8)
    let time = Date(timeIntervalSince1970: TimeInterval(seconds))
    #expect(TimeCode.code(secret, step: TimeCode.step(at: time)) == code)
    #expect(TimeCode.step(of: code, secret, at: time.addingTimeInterval(30), after: 0) == seconds / 30)
    #expect(TimeCode.step(of: code, secret, at: time.addingTimeInterval(90), after: 0) == nil)
    #expect(TimeCode.step(of: code, secret, at: time, after: seconds / 30) == nil)
    #expect(TimeCode.base32(secret) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
  }

  @Test func aPasswordIsKeptAsItsHashAlone() throws {
    let kept = try PasswordHash.make("correct horse battery")
    #expect(kept.count == 50)
    #expect(try PasswordHash.verify("correct horse battery", against: kept))
    #expect(try !PasswordHash.verify("correct horse batterz", against: kept))
    #expect(try !PasswordHash.verify("correct horse battery", against: nil))
    // Full-width letters of a Japanese keyboard are the same password.
    #expect(try PasswordHash.verify("ｃｏｒｒｅｃｔ horse battery", against: kept))
    #expect(try PasswordHash.make("correct horse battery") != kept)
  }

  @Test func aMemberEnrolsOnceAndSignsInWithPasswordAndCode() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let clerk = try await Clerk.enrolled(broker, bank, name: "sato", role: .officer)
      // The link is used up.
      #expect(
        try await refusalCode { _ = try await broker.services.staff.enrolment(bank.id, token: clerk.token) } == "staffInvitationInvalid")
      // So is the code of the enrolment.
      #expect(try await refusalCode { _ = try await clerk.signIn() } == "staffSignInRefused")
      broker.wait(seconds: 30)
      let session = try await clerk.session(try await clerk.signIn())
      #expect(session.name == "sato" && session.role == .officer && session.tenantName == "tenant")
      #expect(session.caller.actor == "staff:\(session.staffID)")
      // The same code a second time, by whoever watched.
      #expect(try await refusalCode { _ = try await clerk.signIn() } == "staffSignInRefused")
      broker.wait(seconds: 30)
      #expect(try await refusalCode { _ = try await clerk.signIn(password: "another password") } == "staffSignInRefused")
      #expect(try await refusalCode { _ = try await clerk.signIn(name: "suzuki") } == "staffSignInRefused")
      // In no order: the command line's ids and the broker's are two sequences.
      let events = try await clerk.audited().sorted()
      #expect(
        events == ["staffCreated ok", "staffEnrolled ok"]
          + ["ok", "refused", "refused", "refused", "refused"].map { "staffSignedIn \($0)" })
    }
  }

  @Test func anAccountRestsAfterFiveFailuresAndWakesByItself() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let clerk = try await Clerk.enrolled(broker, bank, name: "sato", role: .viewer)
      broker.wait(seconds: 30)
      for _ in 0..<5 { #expect(try await refusalCode { _ = try await clerk.signIn(password: "a wrong password") } == "staffSignInRefused") }
      #expect(try await refusalCode { _ = try await clerk.signIn() } == "staffSignInRefused")
      broker.wait(seconds: 15 * 60)
      _ = try await clerk.signIn()
    }
  }

  @Test func manyAttemptsAtOnceAreNoMoreThanFive() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let clerk = try await Clerk.enrolled(broker, bank, name: "sato", role: .viewer)
      broker.wait(seconds: 30)
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<12 { group.addTask { _ = try? await clerk.signIn(password: "guess number \(number)") } }
      }
      let failures = try await broker.inspect("select failures from staff where tenant_id = $1", [.uuid(bank.id.uuid)])[0].int(0)
      #expect(failures == 5)
    }
  }

  @Test func anAddressThatTriesManyNamesRests() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let clerk = try await Clerk.enrolled(broker, bank, name: "sato", role: .viewer)
      broker.wait(seconds: 30)
      _ = try? await clerk.signIn(name: "guess", password: "x", address: "192.0.2.7")
      _ = try await broker.inspect("update staff_addresses set attempts = 30 where tenant_id = $1 returning 1", [.uuid(bank.id.uuid)])
      #expect(try await refusalCode { _ = try await clerk.signIn(address: "192.0.2.7") } == "staffSignInRefused")
      _ = try await clerk.signIn(address: "192.0.2.8")
      let kept = try await broker.inspect(
        "select count(*) from staff_addresses where position('192' in encode(address_index, 'escape')) > 0", [])
      #expect(try kept[0].int(0) == 0)
    }
  }

  @Test func aSessionEndsUnusedAfterAQuarterOfAnHourAndInAnyCaseAfterEight() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let clerk = try await Clerk.enrolled(broker, bank, name: "sato", role: .viewer)
      broker.wait(seconds: 30)
      let unused = try await clerk.signIn()
      broker.wait(seconds: 15 * 60)
      #expect(try await refusalCode { _ = try await clerk.session(unused) } == "staffSessionEnded")
      let used = try await clerk.signIn()
      for _ in 0..<47 {
        broker.wait(seconds: 10 * 60)
        _ = try await clerk.session(used)
      }
      broker.wait(seconds: 10 * 60)
      #expect(try await refusalCode { _ = try await clerk.session(used) } == "staffSessionEnded")
      let left = try await clerk.signIn()
      try await broker.services.staff.signOut(try await clerk.session(left), secret: left)
      #expect(try await refusalCode { _ = try await clerk.session(left) } == "staffSessionEnded")
    }
  }

  @Test func aSessionOfOneTenantIsNoneOfAnother() async throws {
    try await TestBroker.with { broker in
      let (bank, fintech) = (try await broker.bank(), try await broker.fintech())
      let clerk = try await Clerk.enrolled(broker, bank, name: "sato", role: .administrator)
      broker.wait(seconds: 30)
      let secret = try await clerk.signIn()
      #expect(
        try await refusalCode { _ = try await broker.services.staff.session(fintech.id, secret: secret, requestID: "r") }
          == "staffSessionEnded")
      #expect(
        try await refusalCode {
          _ = try await broker.services.staff.signIn(
            fintech.id, name: "sato", password: Clerk.password, code: clerk.code, address: "192.0.2.1", requestID: "r")
        } == "staffSignInRefused")
    }
  }

  @Test func onlyAnAdministratorLooksAfterAccountsAndNeverAfterTheirOwn() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let officer = try await Clerk.enrolled(broker, bank, name: "sato", role: .officer)
      let administrator = try await Clerk.enrolled(broker, bank, name: "suzuki", role: .administrator)
      broker.wait(seconds: 30)
      let staff = broker.services.staff
      let secret = try await officer.signIn()
      let lower = try await officer.session(secret)
      #expect(try await refusalCode { _ = try await staff.list(lower) } == "staffRoleInsufficient")
      #expect(try await refusalCode { _ = try await staff.create(lower, name: "x", role: .viewer) } == "staffRoleInsufficient")
      #expect(try await refusalCode { _ = try await staff.reset(lower, administrator.id) } == "staffRoleInsufficient")
      let higher = try await administrator.session(try await administrator.signIn())
      #expect(try await staff.list(higher).map(\.name) == ["sato", "suzuki"])
      #expect(try await refusalCode { _ = try await staff.create(higher, name: "sato", role: .viewer) } == "staffNameTaken")
      #expect(try await refusalCode { _ = try await staff.create(higher, name: "さとう", role: .viewer) } == "staffNameInvalid")
      #expect(try await refusalCode { _ = try await staff.suspend(higher, higher.staffID, true) } == "staffOwnAccount")
      // A suspended member is out at once, and stays out.
      _ = try await staff.suspend(higher, officer.id, true)
      #expect(try await refusalCode { _ = try await officer.session(secret) } == "staffSessionEnded")
      broker.wait(seconds: 30)
      #expect(try await refusalCode { _ = try await officer.signIn() } == "staffSignInRefused")
      _ = try await staff.suspend(higher, officer.id, false)
      _ = try await officer.signIn()
      // Reset, the old password is worth nothing.
      _ = try await staff.reset(higher, officer.id)
      broker.wait(seconds: 30)
      #expect(try await refusalCode { _ = try await officer.signIn() } == "staffSignInRefused")
    }
  }

  @Test func whatStaffSeeIsAuditedUnderTheirId() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let notice = try await broker.notice(bank)
      let answer = try await broker.onboard(bank, try broker.hanako(), consents: [broker.selection(notice)], reference: "C-77")
      let subject = try #require(answer.outcome.subjectID)
      let clerk = try await Clerk.enrolled(broker, bank, name: "sato", role: .viewer)
      broker.wait(seconds: 30)
      let session = try await clerk.session(try await clerk.signIn())
      let entries = try await broker.services.console.timeline(session.caller, subjectID: subject, at: nil)
      #expect(Set(entries.map(\.kind)) == [.consent, .verification])
      #expect(entries.map(\.at) == entries.map(\.at).sorted(by: >))
      // As of a minute before, there was nothing.
      let before = try await broker.services.console.timeline(session.caller, subjectID: subject, at: broker.clock.now() - 3600)
      #expect(before.isEmpty)
      let overview = try await broker.services.console.overview(session.caller)
      #expect(overview.endings.count == 12 && overview.endings.last?.name == "2026-04")
      #expect(overview.course.map { $0.consents.values.reduce(0, +) } == Array(repeating: 0, count: 11) + [1])
      #expect(overview.verifications == [ConsoleCount(name: "onboarding", count: 1)])
      let looks = try await broker.inspect(
        "select kind from audit_events where tenant_id = $1 and actor = $2 order by event_id",
        [.uuid(bank.id.uuid), .text(session.caller.actor)])
      #expect(
        try looks.map { try $0.text(0) }.suffix(5) == [
          "timelineViewed", "timelineViewed", "consentsCounted", "consentsCounted", "overviewViewed",
        ])
    }
  }

  @Test func whoIsNoVerifierSeesNoRefusalsAndNoStandingInATimeline() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech(sandbox: true)
      let answer = try await broker.onboard(fintech, try broker.hanako())
      let subject = try #require(answer.outcome.subjectID)
      _ = try await broker.inspect(
        """
        insert into verifications (tenant_id, verification_id, purpose, subject_id, result, method, checked_at)
        values ($1, gen_random_uuid(), 'login', $2, 'certificateRevoked', 'ocsp', $3) returning 1
        """, [.uuid(fintech.id.uuid), .uuid(subject.uuid), .timestamp(broker.clock.now())])
      let entries = try await broker.services.console.timeline(fintech.caller, subjectID: subject, at: nil)
      #expect(entries.filter { $0.kind == .verification }.map(\.outcome) == ["ok"])
      #expect(entries.allSatisfy { $0.kind != .verification || $0.basis.isEmpty })
      #expect(try await broker.services.console.overview(fintech.caller).undecidedPairs == nil)
    }
  }
}

/// A member of a bank's staff with password and authenticator.
struct Clerk: Sendable {
  static let password = "four seasons by the river"

  let broker: TestBroker
  let tenant: TenantID
  let id: StaffID
  let name: String
  let token: String
  let secret: [UInt8]

  static func enrolled(_ broker: TestBroker, _ tenant: TestTenant, name: String, role: StaffRole) async throws -> Clerk {
    let invitation = try await broker.staffAdministration.create(tenant.id, name: name, role: role, operatorName: "test")
    let enrolment = try await broker.services.staff.enrolment(tenant.id, token: invitation.token)
    let clerk = Clerk(
      broker: broker, tenant: tenant.id, id: invitation.member.id, name: name, token: invitation.token,
      secret: bytes(ofBase32: enrolment.secret))
    try await broker.services.staff.enrol(tenant.id, token: invitation.token, password: password, code: clerk.code, requestID: "r")
    return clerk
  }

  /// What the authenticator shows now.
  var code: String { TimeCode.code(secret, step: TimeCode.step(at: broker.clock.now())) }

  func signIn(name: String? = nil, password: String = Clerk.password, address: String = "192.0.2.1") async throws -> String {
    try await broker.services.staff.signIn(
      tenant, name: name ?? self.name, password: password, code: code, address: address, requestID: "r")
  }

  func session(_ secret: String) async throws -> StaffSession {
    try await broker.services.staff.session(tenant, secret: secret, requestID: "r")
  }

  /// Kinds and outcomes of what was recorded of staff.
  func audited() async throws -> [String] {
    try await broker.inspect(
      "select kind || ' ' || outcome from audit_events where tenant_id = $1 and kind like 'staff%' order by event_id", [.uuid(tenant.uuid)]
    ).map { try $0.text(0) }
  }

  private static func bytes(ofBase32 text: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for character in text {
      buffer = buffer << 5 | UInt32(alphabet.firstIndex(of: character) ?? 0)
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      }
    }
    return bytes
  }
}
