import CitizenItems
import Foundation
import JOSE
import LedgerTool
import Testing

@Suite struct LedgerKeysTests {
  @Test func liveKeysAreOpenedInOrder() throws {
    let keys = try WrappedKeys().live(2, 1)
    #expect(keys.keys.map(\.version) == [1, 2])
    #expect(keys.keys[0] == (try WrappedKeys.edge(1)))
  }

  @Test func aRowIsTaggedOncePerLiveKey() throws {
    let row = DeclaredItems(name: "四情 花子", address: "架空市見本町1-2-3", dateOfBirth: "1980-02-17", sex: "2")
    let tags = try WrappedKeys().live(1, 2).tags(of: row)
    #expect(tags.map(\.keyVersion) == [1, 2] && tags[0].value != tags[1].value)
    #expect(tags[0] == EdgeTag.hmac(try CanonicalForm.bytes(ofLedger: row), key: try WrappedKeys.edge(1)))
  }

  @Test func retiredKeysAreLeftOut() throws {
    let wrapped = WrappedKeys()
    let keys = try wrapped.keys([
      wrapped.version(WrappedKeys.edge(1), notAfter: "2027-01-15T07:59:59Z"),
      wrapped.version(WrappedKeys.edge(2), notAfter: "2027-01-15T08:00:00.5Z"),
    ])
    #expect(keys.keys.map(\.version) == [2])
    #expect(throws: LedgerToolError.noLiveKey) { try wrapped.keys([]) }
  }

  @Test func anotherRegisteredKeyOpensNothing() throws {
    let wrapped = WrappedKeys()
    #expect(throws: LedgerToolError.tagKeysNotOpened) {
      try wrapped.keys([wrapped.version(WrappedKeys.edge(1), to: KeyAgreementKey.generate().publicJWK)])
    }
  }

  @Test func aKeyMustAgreeWithItsFingerprint() throws {
    let wrapped = WrappedKeys()
    #expect(throws: LedgerToolError.fingerprintDiffers(version: 1)) {
      try wrapped.keys([wrapped.version(WrappedKeys.edge(1), fingerprint: try WrappedKeys.edge(2).fingerprint)])
    }
  }

  @Test func anotherRulesetOrSchemeIsRefused() throws {
    let wrapped = WrappedKeys()
    #expect(throws: LedgerToolError.rulesetUnknown(2)) { try wrapped.keys([wrapped.version(WrappedKeys.edge(1), ruleset: 2)]) }
    #expect(throws: LedgerToolError.schemeUnknown("voprf")) { try wrapped.keys([], scheme: "voprf") }
    #expect(throws: LedgerToolError.tagKeysMalformed) { try wrapped.keys([["version": 1]]) }
    #expect(throws: LedgerToolError.tagKeysMalformed) {
      try LedgerKeys(answer: [:], registeredKey: .agreement(wrapped.registered), at: wrapped.now)
    }
  }

  @Test func keysAreFetchedAndNotPrinted() async throws {
    let wrapped = WrappedKeys()
    let broker = FakeLedgerBroker(keysAnswer: wrapped.answer([try wrapped.version(WrappedKeys.edge(1))]))
    let keys = try await LedgerKeys.fetch(from: broker, registeredKey: .agreement(wrapped.registered), at: wrapped.now)
    #expect("\(keys)" == "tag keys 1")
    var text = ""
    dump(keys, to: &text)
    #expect(!text.contains("SymmetricKey"))
  }
}
