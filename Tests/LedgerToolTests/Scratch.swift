import BrokerClient
import CitizenItems
import Foundation
import JOSE
import LedgerTool
import Synchronization

/// A directory of its own for one test.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "yonjo-ledger-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  func file(_ name: String, _ text: String) throws -> String {
    let file = path + "/" + name
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    return file
  }

  func read(_ file: String) -> String { String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self) }
  func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: file) }
}

/// A tenant's tag keys, wrapped as the broker wraps them.
struct WrappedKeys {
  let registered = KeyAgreementKey.generate()
  let now = Date(timeIntervalSince1970: 1_800_000_000)

  func version(
    _ key: EdgeKey, notAfter: String? = nil, ruleset: Int64 = 1, fingerprint: String? = nil, to recipient: JSONWebKey? = nil
  ) throws -> JSONValue {
    let plaintext = JSONValue.object([
      "kty": "oct", "k": .string(Base64URL.encode(key.bytes)), "version": .integer(Int64(key.version)), "tenantId": "ten_1",
    ])
    var members: [String: JSONValue] = [
      "version": .integer(Int64(key.version)), "ruleset": .integer(ruleset), "fingerprint": .string(fingerprint ?? key.fingerprint),
      "key": .string(try JSONWebEncryption.encrypt(try plaintext.serialized(), to: recipient ?? registered.publicJWK)),
    ]
    members["notAfter"] = notAfter.map(JSONValue.string)
    return .object(members)
  }

  func answer(_ versions: [JSONValue], scheme: String = "hmac") -> JSONValue { ["scheme": .string(scheme), "versions": .array(versions)] }

  func keys(_ versions: [JSONValue], scheme: String = "hmac") throws -> LedgerKeys {
    try LedgerKeys(answer: answer(versions, scheme: scheme), registeredKey: .agreement(registered), at: now)
  }

  static func edge(_ version: Int) throws -> EdgeKey { try EdgeKey(version: version, bytes: [UInt8](repeating: UInt8(version), count: 32)) }

  func live(_ versions: Int...) throws -> LedgerKeys { try keys(versions.map { try version(Self.edge($0)) }) }
}

/// A broker in memory that can be cut.
final class FakeLedgerBroker: LedgerBroker {
  struct Upload: Equatable {
    let key: String
    let body: String
  }
  struct State {
    var uploads: [Upload] = []
    var looks = 0
    var failures: [BrokerClientError] = []
    var job = #"{"id":"ldg_1","state":"done","received":2,"deleted":1,"activated":0,"unknown":1,"invalid":[]}"#
    var looksUntilDone = 1
    var refusal: BrokerProblem?
    /// So many uploads find an earlier one's connection still there.
    var uploadsInProgress = 0
  }
  let state = Mutex(State())
  let keysAnswer: JSONValue

  init(keysAnswer: JSONValue = [:]) { self.keysAnswer = keysAnswer }

  private func answer(_ status: Int, _ body: [UInt8]) -> BrokerAnswer {
    BrokerAnswer(status: status, headers: [(name: "content-type", value: "application/json")], body: body)
  }

  func tagKeys() async throws(BrokerClientError) -> BrokerAnswer { answer(200, (try? keysAnswer.serialized()) ?? []) }

  func pushLedgerChanges(file: String, idempotencyKey: String) async throws(BrokerClientError) -> BrokerAnswer {
    let body = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
    let failure = state.withLock { state in
      state.uploads.append(Upload(key: idempotencyKey, body: body))
      return state.failures.isEmpty ? nil : state.failures.removeFirst()
    }
    if let failure { throw failure }
    let isBusy = state.withLock { state in
      guard state.uploadsInProgress > 0 else { return false }
      state.uploadsInProgress -= 1
      return true
    }
    if isBusy {
      let body = #"{"type":"urn:yonjo:problem:uploadInProgress","title":"conflict","status":409,"code":"uploadInProgress"}"#
      return BrokerAnswer(status: 409, headers: [(name: "content-type", value: "application/problem+json")], body: Array(body.utf8))
    }
    if let refusal = state.withLock({ $0.refusal }) {
      let body = #"{"type":"\#(refusal.type)","title":"\#(refusal.title)","status":\#(refusal.status),"code":"\#(refusal.code)"}"#
      return BrokerAnswer(
        status: refusal.status, headers: [(name: "content-type", value: "application/problem+json")], body: Array(body.utf8))
    }
    return answer(202, Array(#"{"jobId":"ldg_1"}"#.utf8))
  }

  func evaluate(keyVersion: Int, blinded: [[UInt8]]) async throws(BrokerClientError) -> BrokerAnswer { throw .answerMalformed }

  func ledgerChangeJob(_ id: String) async throws(BrokerClientError) -> BrokerAnswer {
    state.withLock { state in
      state.looks += 1
      let job = state.looks < state.looksUntilDone ? state.job.replacing("\"done\"", with: "\"applying\"") : state.job
      return answer(200, Array(job.utf8))
    }
  }
}
