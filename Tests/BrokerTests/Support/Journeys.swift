import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import PostgreSQL
import Testing

@testable import Broker

/// A fresh request, or one that repeats an earlier by its key.
func request(_ key: String = UUID().uuidString, body: String = "{}") throws -> RepeatableRequest {
  try RepeatableRequest(key: key, operation: "POST /test", body: Array(body.utf8))
}

/// The code of the refusal that `body` throws; nil where it throws none.
func refusalCode(_ body: () async throws -> Void) async throws -> String? {
  do {
    try await body()
    return nil
  } catch let refusal as Refusal {
    return refusal.code
  }
}

// The steps from which journeys are put together.
extension TestBroker {
  @discardableResult
  func notice(
    _ tenant: TestTenant, items: [Item] = Item.allCases, purposes: [String] = ["account", "latestItems"], validFor: String = "P10Y",
    start: ValidityStart = .dayAfterConsent, of id: NoticeID? = nil
  ) async throws -> Notice {
    let complete = NoticeTemplate.japanese.draft()
    var record = complete.record
    record.validityStart = start
    return try await services.notices.create(
      tenant.caller,
      NoticeDraft(
        noticeID: id, serviceID: "main", language: "ja", title: "ご本人確認", body: "説明", purposes: purposes, items: items,
        validFor: validFor, withdrawalMethod: "窓口", terms: complete.terms, record: record),
      request: try request())
  }

  func selection(_ notice: Notice, items: [Item]? = nil) -> ConsentSelection {
    ConsentSelection(noticeID: notice.id, version: notice.version, purposes: notice.purposes, items: items ?? notice.items)
  }

  func startOnboarding(
    _ tenant: TestTenant, consents: [ConsentSelection] = [], declared: DeclaredItems? = nil, reference: String? = nil
  ) async throws -> StartedConsentSession {
    try await services.onboardings.create(
      tenant.caller,
      OnboardingDraft(
        subjectReference: reference, origin: Self.origin, applicationDigest: OnboardingDraft.digest(ofApplication: Array("form".utf8)),
        declaredItemsDigest: declared.map(DeclaredItems.digest(of:)), consents: consents),
      request: try request())
  }

  func signOnboarding(
    _ tenant: TestTenant, _ session: StartedConsentSession, _ card: CardInput, declared: DeclaredItems? = nil, ledgerTags: [EdgeTag] = [],
    ledgerRef: String? = nil, request repeated: RepeatableRequest? = nil, through services: BrokerServices? = nil
  ) async throws -> OnboardingAnswer {
    try await (services ?? self.services).onboardings.sign(
      tenant.caller, id: try #require(OnboardingID(session.id)),
      OnboardingSignature(card: card, declaredItems: declared, ledgerTags: ledgerTags.map(\.text), ledgerRef: ledgerRef),
      request: try repeated ?? request())
  }

  /// The whole of an onboarding: with a plain card at a bank or in a sandbox, else in an envelope.
  @discardableResult
  func onboard(
    _ tenant: TestTenant, _ citizen: CitizenHandle, consents: [ConsentSelection] = [], declared: DeclaredItems? = nil,
    ledgerTags: [EdgeTag] = [], ledgerRef: String? = nil, reference: String? = nil, withAuthentication: Bool = true
  ) async throws -> OnboardingAnswer {
    let session = try await startOnboarding(tenant, consents: consents, declared: declared, reference: reference)
    let card =
      if tenant.tenant.status == .deemedVerifier || tenant.tenant.isSandbox {
        try self.card(citizen, over: session.toBeSigned, withAuthentication: withAuthentication)
      } else {
        try await envelope(citizen, over: session.toBeSigned, tenant: tenant, session: session.id)
      }
    return try await signOnboarding(tenant, session, card, declared: declared, ledgerTags: ledgerTags, ledgerRef: ledgerRef)
  }

  /// Onboarded with an active pair: the ledger writes her as her card does, in canonical form.
  func onboardWithPair(_ tenant: TestTenant, _ citizen: CitizenHandle, ref: String = "C-1", consents: [ConsentSelection] = [])
    async throws -> (subject: SubjectID, pair: PairID)
  {
    let answer = try await onboard(
      tenant, citizen, consents: consents, ledgerTags: try await ledgerTags(tenant, Hanako.asInLedger), ledgerRef: ref)
    let pair = try #require(answer.outcome.pair)
    #expect(pair.state == .active)
    return (try #require(answer.outcome.subjectID), pair.id)
  }

  func login(_ tenant: TestTenant, _ citizen: CitizenHandle) async throws -> LoginAnswer {
    let session = try await services.logins.create(tenant.caller, origin: Self.origin, subjectID: nil)
    return try await services.logins.sign(
      tenant.caller, id: session.id, card: try loginCard(citizen, over: session.toBeSigned), request: try request())
  }

  func match(_ tenant: TestTenant, _ citizen: CitizenHandle) async throws -> MatchAnswer {
    let session = try await services.matches.create(tenant.caller, origin: Self.origin)
    return try await services.matches.sign(
      tenant.caller, id: session.id, card: try card(citizen, over: session.toBeSigned, withAuthentication: false), request: try request())
  }

  /// The tags that `yonjo-ledger` would make: one per key that `/v1/tag-keys` hands over, newest first.
  func ledgerTags(_ tenant: TestTenant, _ row: DeclaredItems, through services: BrokerServices? = nil) async throws -> [EdgeTag] {
    let services = services ?? self.services
    let canonical = try CanonicalForm.bytes(ofLedger: row)
    var tags: [EdgeTag] = []
    for version in try await services.tagKeys.list(tenant.caller).versions {
      switch version.material {
      case .wrapped(let jwe): tags.append(EdgeTag.hmac(canonical, key: try edgeKey(tenant, version.version, jwe)))
      case .published(let key):
        let batch = try key.blind([canonical])
        let evaluated = try await services.evaluations.evaluate(tenant.caller, keyVersion: key.version, blinded: batch.elements)
        tags += try batch.finalize(evaluated)
      }
    }
    return tags
  }

  /// Of scheme `hmac`, newest first.
  func edgeKeys(_ tenant: TestTenant) async throws -> [EdgeKey] {
    try await services.tagKeys.list(tenant.caller).versions.map { version in
      guard case .wrapped(let jwe) = version.material else { throw KeyError.unknownVersion }
      return try edgeKey(tenant, version.version, jwe)
    }
  }

  private func edgeKey(_ tenant: TestTenant, _ version: Int, _ jwe: String) throws -> EdgeKey {
    let plain = try JSONValue(parsing: try JSONWebEncryption.decrypt(jwe, with: [tenant.handOver]).plaintext)
    return try EdgeKey(version: version, bytes: try #require(plain["k"]?.string.flatMap(Base64URL.decode)))
  }

  func pair(_ tenant: TestTenant, _ id: PairID) async throws -> PairView { try await services.pairs.get(tenant.caller, id: id) }

  func pairs(_ tenant: TestTenant, state: PairState? = nil) async throws -> [PairView] {
    try await services.pairs.list(tenant.caller, state: state, limit: 100, pageToken: nil).elements
  }

  func decide(_ tenant: TestTenant, _ id: PairID) async throws -> PairView {
    try await services.pairs.settle(
      tenant.caller, target: .pair(id), ledgerTags: [], ledgerRef: nil, decision: PairDecision(by: "clerk-7", basis: "passbook shown"),
      request: try request())
  }

  func latestItems(_ tenant: TestTenant, _ subject: SubjectID, key: String = UUID().uuidString) async throws -> LatestItemsResult {
    try await services.latestItems.fetch(tenant.caller, id: subject, request: try request(key))
  }

  func check(_ tenant: TestTenant, _ subject: SubjectID) async throws -> SubjectStatus {
    try await services.status.check(tenant.caller, id: subject, method: .ocsp, purpose: .livenessCheck, request: try request())
  }

  func withdraw(_ tenant: TestTenant, _ consent: ConsentID) async throws -> WithdrawalSession {
    try await services.withdrawals.withdraw(tenant.caller, id: consent, origin: Self.origin, request: try request())
  }

  func signWithdrawal(_ tenant: TestTenant, _ session: WithdrawalSession, by citizen: CitizenHandle) async throws
    -> ConsentSignatureOutcome
  {
    try await services.withdrawals.sign(
      tenant.caller, id: session.consentID, card: try card(citizen, over: session.toBeSigned, withAuthentication: false),
      request: try request())
  }

  /// The kinds of the events that the tenant is told of, in their order.
  ///
  /// An event is told once no older transaction runs, in whatever database of the cluster: other tests' transactions are waited for.
  func events(_ tenant: TestTenant) async throws -> [TenantEvent.Kind] {
    let settled = """
      select coalesce(bool_and(transaction_id < pg_snapshot_xmin(pg_current_snapshot())), true) from events where tenant_id = $1
      """
    while try await !inspect(settled, [.uuid(tenant.id.uuid)])[0].bool(0) { try await Task.sleep(for: .milliseconds(20)) }
    return try await services.events.list(tenant.caller, after: nil, limit: 500, waitSeconds: 0).events.map(\.kind)
  }
}

/// Lines of an upload in one or more batches; breaks off after them where told to.
struct Upload: AsyncSequence, AsyncIteratorProtocol {
  struct Cut: Error {}

  var batches: [LineBatch]
  var isCut = false
  /// Done when all lines are sent, before the end is told.
  var beforeEnd: (@Sendable () async throws -> Void)?

  init(_ lines: [String], isCut: Bool = false) {
    var batch = LineBatch()
    for line in lines { Array(line.utf8).withUnsafeBytes { batch.append($0) } }
    batches = [batch]
    self.isCut = isCut
  }

  func makeAsyncIterator() -> Upload { self }

  mutating func next() async throws -> LineBatch? {
    if !batches.isEmpty { return batches.removeFirst() }
    try await beforeEnd?()
    if isCut { throw Cut() }
    return nil
  }
}

/// One line of a ledger change.
func ledgerLine(before: [EdgeTag], after: [EdgeTag]?, ref: String? = nil) throws -> String {
  func list(_ tags: [EdgeTag]) -> JSONValue { .array(tags.map { .string($0.text) }) }
  var line: [String: JSONValue] = ["before": list(before), "after": after.map(list) ?? .null]
  if let ref { line["ref"] = .string(ref) }
  return String(decoding: try JSONValue.object(line).serialized(), as: UTF8.self)
}
