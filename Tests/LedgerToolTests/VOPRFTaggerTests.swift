import BrokerClient
import CitizenItems
import Foundation
import JOSE
import LedgerTool
import Synchronization
import Testing

/// Scheme `voprf` at the bank: what goes out, and which answers are taken.
@Suite struct VOPRFTaggerTests {
  static let ledger = """
    ref,name,address,dateOfBirth,sex
    C-1,四情花子,見本町1,1980-02-17,2
    C-2,四情太郎,見本町2,1978-11-23,1
    C-3,四〓,見本町3,2001-01-01,1

    """

  static func answer(_ keys: [VOPRFKey], fingerprint: String? = nil, ruleset: Int64 = 1, notAfter: String? = nil) -> JSONValue {
    [
      "scheme": "voprf",
      "versions": .array(
        keys.map { key in
          var version: [String: JSONValue] = [
            "version": .integer(Int64(key.version)), "ruleset": .integer(ruleset),
            "fingerprint": .string(fingerprint ?? key.publicKey.fingerprint), "voprfPublicKey": .string(key.publicKey.text),
          ]
          version["notAfter"] = notAfter.map(JSONValue.string)
          return .object(version)
        }),
    ]
  }

  static func tagger(_ keys: [VOPRFKey], _ broker: EvaluatingBroker) throws -> VOPRFTagger {
    try VOPRFTagger(answer: answer(keys), broker: broker, at: Date(timeIntervalSince1970: 1_800_000_000), pause: .milliseconds(1))
  }

  @Test func aLedgerIsTaggedByEveryLiveKeyAndNothingOfItLeavesTheBank() async throws {
    let scratch = try Scratch()
    let keys = [try VOPRFKey.generate(version: 1), try VOPRFKey.generate(version: 2)]
    let broker = EvaluatingBroker(keys)
    let file = try scratch.file("l.csv", Self.ledger)
    let report = try await Tagging.run(
      file, keys: Self.tagger(keys, broker), mapping: ColumnMapping(), output: scratch.path + "/tags")
    #expect(report.tagged == 2 && report.rejected == 1)
    let lines = scratch.read(scratch.path + "/tags").split(separator: "\n")
    let row = DeclaredItems(name: "四情花子", address: "見本町1", dateOfBirth: "1980-02-17", sex: "2")
    let canonical = try CanonicalForm.bytes(ofLedger: row)
    let expected = try keys.map { try $0.tag(of: canonical).text }
    #expect(try JSONValue(parsing: Array(lines[0].utf8))["tags"]?.array?.compactMap(\.string) == expected)
    let asked = broker.asked.withLock { $0 }
    #expect(asked.map(\.version) == [1, 2] && asked.allSatisfy { $0.elements.count == 2 })
    #expect(Set(asked.flatMap(\.elements)).count == 4)
  }

  @Test func requestsHoldAtMostAHundred() async throws {
    let scratch = try Scratch()
    let key = try VOPRFKey.generate(version: 1)
    let broker = EvaluatingBroker([key])
    let rows = (1...130).map { "C-\($0),四情花子,見本町\($0),1980-02-17,2\n" }.joined()
    let file = try scratch.file("l.csv", "ref,name,address,dateOfBirth,sex\n" + rows)
    let report = try await Tagging.run(
      file, keys: Self.tagger([key], broker), mapping: ColumnMapping(), output: scratch.path + "/tags")
    #expect(report.tagged == 130)
    #expect(broker.asked.withLock { $0 }.map(\.elements.count) == [100, 30])
  }

  @Test func anEvaluationUnderAnotherKeyIsNotTaken() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("l.csv", Self.ledger)
    let published = try VOPRFKey.generate(version: 1)
    let broker = EvaluatingBroker([try VOPRFKey.generate(version: 1)])
    await #expect(throws: LedgerToolError.evaluationNotProven(version: 1)) {
      try await Tagging.run(
        file, keys: Self.tagger([published], broker), mapping: ColumnMapping(), output: scratch.path + "/tags")
    }
  }

  @Test func aSpentAllowanceIsWaitedForAndOtherRefusalsEnd() async throws {
    let scratch = try Scratch()
    let key = try VOPRFKey.generate(version: 1)
    let broker = EvaluatingBroker([key])
    let file = try scratch.file("l.csv", Self.ledger)
    broker.refusals.withLock { $0 = [(429, "tooManyRequests"), (429, "tooManyRequests")] }
    let report = try await Tagging.run(
      file, keys: Self.tagger([key], broker), mapping: ColumnMapping(), output: scratch.path + "/tags")
    #expect(report.tagged == 2)
    broker.refusals.withLock { $0 = [(422, "keyVersionUnknown")] }
    await #expect(throws: LedgerToolError.self) {
      try await Tagging.run(
        file, keys: Self.tagger([key], broker), mapping: ColumnMapping(), output: scratch.path + "/tags")
    }
  }

  @Test func keysAreCheckedBeforeTheyAreUsed() throws {
    let key = try VOPRFKey.generate(version: 1)
    let broker = EvaluatingBroker([key])
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    func open(_ answer: JSONValue) throws { _ = try VOPRFTagger(answer: answer, broker: broker, at: now) }
    #expect(throws: LedgerToolError.fingerprintDiffers(version: 1)) { try open(Self.answer([key], fingerprint: "x")) }
    #expect(throws: LedgerToolError.rulesetUnknown(2)) { try open(Self.answer([key], ruleset: 2)) }
    #expect(throws: LedgerToolError.noLiveKey) { try open(Self.answer([key], notAfter: "2027-01-15T07:59:59Z")) }
    #expect(throws: LedgerToolError.tagKeysMalformed) { try open(["versions": [["version": 1]]]) }
  }

  @Test func theSchemeDecidesWhatIsNeeded() throws {
    let key = try VOPRFKey.generate(version: 1)
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    guard
      case .voprf = try TenantTagger(answer: Self.answer([key]), broker: EvaluatingBroker([key]), registeredKey: nil, at: now)
    else { throw LedgerToolError.noLiveKey }
    #expect(throws: LedgerToolError.optionMissing("--url")) {
      try TenantTagger(answer: Self.answer([key]), broker: nil, registeredKey: nil, at: now)
    }
    let wrapped = WrappedKeys()
    let shared = wrapped.answer([try wrapped.version(WrappedKeys.edge(1))])
    #expect(throws: LedgerToolError.optionMissing("--registered-key")) {
      try TenantTagger(answer: shared, broker: nil, registeredKey: nil, at: now)
    }
    guard case .hmac = try TenantTagger(answer: shared, broker: nil, registeredKey: .agreement(wrapped.registered), at: now) else {
      throw LedgerToolError.noLiveKey
    }
  }
}

/// A broker in memory that evaluates.
final class EvaluatingBroker: LedgerBroker {
  let keys: [VOPRFKey]
  let asked = Mutex<[(version: Int, elements: [[UInt8]])]>([])
  let refusals = Mutex<[(status: Int, code: String)]>([])

  init(_ keys: [VOPRFKey]) { self.keys = keys }

  func tagKeys() async throws(BrokerClientError) -> BrokerAnswer { throw .answerMalformed }
  func pushLedgerChanges(file: String, idempotencyKey: String) async throws(BrokerClientError) -> BrokerAnswer { throw .answerMalformed }
  func ledgerChangeJob(_ id: String) async throws(BrokerClientError) -> BrokerAnswer { throw .answerMalformed }

  func evaluate(keyVersion: Int, blinded: [[UInt8]]) async throws(BrokerClientError) -> BrokerAnswer {
    if let refusal = refusals.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      let body = #"{"type":"urn:yonjo:problem:x","title":"x","status":\#(refusal.status),"code":"\#(refusal.code)"}"#
      return BrokerAnswer(
        status: refusal.status, headers: [(name: "content-type", value: "application/problem+json")], body: Array(body.utf8))
    }
    asked.withLock { $0.append((keyVersion, blinded)) }
    guard let key = keys.first(where: { $0.version == keyVersion }), let evaluated = try? key.evaluate(blinded) else {
      throw .answerMalformed
    }
    let answer: JSONValue = [
      "keyVersion": .integer(Int64(keyVersion)), "evaluated": .array(evaluated.map { .string(Base64URL.encode($0)) }),
    ]
    return BrokerAnswer(status: 200, headers: [(name: "content-type", value: "application/json")], body: (try? answer.serialized()) ?? [])
  }
}
