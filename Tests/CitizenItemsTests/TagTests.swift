import Crypto
import Foundation
import Testing

@testable import CitizenItems

@Suite struct TagTests {
  static let bytes = [UInt8](0..<32)

  static func items(name: String = "四情　花子", flags: String? = nil) throws -> FourItems {
    FourItems(
      name: try flags.map { flags throws(ItemRefusal) in try CertifiedText(text: name, flags: flags) } ?? CertifiedText(declared: name),
      address: CertifiedText(declared: "岩手県架空市見本町一丁目２番３号"), dateOfBirth: try DateOfBirth(jpki: "319800217"), sex: .female)
  }

  static func row(name: String = "四情花子") -> DeclaredItems {
    DeclaredItems(name: name, address: "岩手県架空市見本町1-2-3", dateOfBirth: "昭和55年2月17日", sex: "女")
  }

  @Test func canonicalBytesAreLengthPrefixedFieldsAndTheRuleset() throws {
    var expected: [UInt8] = []
    for field in ["四情花子", "岩手県架空市見本町1-2-3", "1980-02-17", "2"] {
      expected += [0, 0, 0, UInt8(field.utf8.count)] + Array(field.utf8)
    }
    #expect(try CanonicalForm.bytes(of: Self.items()) == expected + [0, 0, 0, 1])
  }

  @Test func cardAndLedgerMakeTheSameTag() throws {
    let key = try EdgeKey(version: 3, bytes: Self.bytes)
    let card = EdgeTag.hmac(try CanonicalForm.bytes(of: Self.items()), key: key)
    #expect(card == EdgeTag.hmac(try CanonicalForm.bytes(ofLedger: Self.row()), key: key))
    #expect(card.text.hasPrefix("hmac.3.1."))
  }

  @Test func aTagIsTheHMACThatTheDesignNames() throws {
    let tag = EdgeTag.hmac([1, 2, 3], key: try EdgeKey(version: 1, bytes: Self.bytes))
    let expected = HMAC<SHA256>.authenticationCode(
      for: Array("yonjo-tag".utf8) + [0, 0, 0, 1, 1, 2, 3], using: SymmetricKey(data: Self.bytes))
    #expect(tag.value == Array(expected))
  }

  @Test func aPreparedCodeIsTheLibrarysOwn() throws {
    var message: [UInt8] = []
    for length in 0..<300 {
      let key = SymmetricKey(data: [UInt8](repeating: UInt8(truncatingIfNeeded: length), count: length % 64 + 1))
      let code = message.withUnsafeBytes { PreparedHMAC(key: key).code(of: $0) }
      #expect(Array(code) == Array(HMAC<SHA256>.authenticationCode(for: message, using: key)))
      message.append(UInt8(truncatingIfNeeded: length &* 31))
    }
  }

  @Test func aTagIsLookedUpByTheCodeThatItsPepperGives() throws {
    let tag = EdgeTag.hmac([1, 2, 3], key: try EdgeKey(version: 7, bytes: Self.bytes))
    let pepper = try PepperKey(version: 2, bytes: Self.bytes)
    let key = HKDF<SHA256>.expand(
      pseudoRandomKey: SymmetricKey(data: Self.bytes), info: Array("yonjo-tag-digest/1".utf8), outputByteCount: 32)
    let expected = HMAC<SHA256>.authenticationCode(for: [1, 0, 0, 0, 7, 0, 1] + tag.value, using: key).prefix(16)
    let digest = pepper.digest(tag)
    #expect(withUnsafeBytes(of: digest.value.uuid) { Array($0) } == Array(expected))
    #expect(tag.withBytes { pepper.digest($0) } == digest)
    #expect(try PepperKey(version: 2, bytes: Self.bytes.reversed()).digest(tag) != digest)
  }

  @Test func whatIsReadOfBytesIsATagOrNothing() throws {
    for tag in [
      try EdgeTag(scheme: .hmac, keyVersion: 1, ruleset: 1, value: Self.bytes),
      try EdgeTag(scheme: .voprf, keyVersion: Int(Int32.max), ruleset: 0xFFFF, value: Array(0..<48)),
    ] {
      let bytes = tag.withBytes { Array($0) }
      #expect(bytes.withUnsafeBytes { EdgeTag(decoded: $0) } == tag)
      for damaged in [Array(bytes.dropLast()), bytes + [0], [], [3] + bytes.dropFirst(), [bytes[0], 0, 0, 0, 0] + bytes.dropFirst(5)] {
        #expect(damaged.withUnsafeBytes { EdgeTag(decoded: $0) } == nil)
      }
    }
  }

  @Test func anotherKeyMakesAnotherTag() throws {
    let other = try EdgeKey(version: 1, bytes: [UInt8](1...32))
    #expect(EdgeTag.hmac([1], key: try EdgeKey(version: 1, bytes: Self.bytes)).value != EdgeTag.hmac([1], key: other).value)
  }

  @Test func aSubstituteCharacterEqualsOnlyItself() throws {
    let flagged = try CanonicalForm.bytes(of: Self.items(flags: "01000"))
    #expect(try CanonicalForm.bytes(of: Self.items(flags: "01000")) == flagged)
    #expect(try CanonicalForm.bytes(of: Self.items(flags: "00000")) != flagged)
    #expect(try CanonicalForm.bytes(ofLedger: Self.row()) != flagged)
  }

  @Test func aReadingInTheLedgerNeverEqualsACard() throws {
    #expect(try CanonicalForm.bytes(ofLedger: Self.row(name: "シジョウ ハナコ")) != CanonicalForm.bytes(of: Self.items(name: "シジョウ　ハナコ")))
  }

  @Test func aRowWithoutAnItemIsRefused() {
    #expect(throws: CanonicalRefusal.missingItem) { try CanonicalForm.bytes(ofLedger: DeclaredItems(name: "四情花子")) }
  }

  @Test func aTagIsReadBackFromItsText() throws {
    let tag = EdgeTag.hmac([9], key: try EdgeKey(version: 12, bytes: Self.bytes))
    #expect(try EdgeTag(parsing: tag.text) == tag)
    let voprf = try EdgeTag(scheme: .voprf, keyVersion: 1, ruleset: 1, value: [UInt8](repeating: 7, count: 48))
    #expect(try EdgeTag(parsing: voprf.text) == voprf)
  }

  @Test(arguments: [
    "", "hmac", "hmac.1.1", "hmac.0.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "hmac.01.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "hmac.1.1.AAAA", "sha.1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "hmac.1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
    "hmac.1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "hmac.1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.",
    "HMAC.1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "hmac.99999999999.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "hmac.１.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  ])
  func aTagHasOneSpelling(_ text: String) { #expect(throws: TagError.malformed) { try EdgeTag(parsing: text) } }

  @Test func aKeyHasThirtyTwoBytes() {
    for count in [0, 16, 31, 33] {
      #expect(throws: TagError.keyForm) { try EdgeKey(version: 1, bytes: [UInt8](repeating: 0, count: count)) }
    }
    for version in [0, -1, Int(Int32.max) + 1] { #expect(throws: TagError.keyForm) { try PepperKey(version: version, bytes: Self.bytes) } }
  }

  @Test func theFingerprintNamesTheKeyAndNotItsVersion() throws {
    let key = try EdgeKey(version: 1, bytes: Self.bytes)
    #expect(key.fingerprint.utf8.count == 22)
    #expect(key.fingerprint == (try EdgeKey(version: 2, bytes: Self.bytes)).fingerprint)
    #expect(key.fingerprint != (try EdgeKey.generate(version: 1)).fingerprint)
  }

  @Test func thePepperIsDeterministicAndReversible() throws {
    let pepper = try PepperKey(version: 7, bytes: Self.bytes)
    let tag = EdgeTag.hmac([1], key: try EdgeKey(version: 1, bytes: Self.bytes))
    let stored = try pepper.seal(tag)
    #expect(try pepper.seal(tag) == stored)
    #expect(stored.pepperVersion == 7)
    #expect(try pepper.open(stored) == tag)
    #expect(try pepper.seal(EdgeTag.hmac([2], key: EdgeKey(version: 1, bytes: Self.bytes))) != stored)
  }

  @Test func anotherPepperOpensNothing() throws {
    let tag = EdgeTag.hmac([1], key: try EdgeKey(version: 1, bytes: Self.bytes))
    let stored = try PepperKey(version: 7, bytes: Self.bytes).seal(tag)
    #expect(throws: TagError.notOpened) { try PepperKey(version: 7, bytes: [UInt8](1...32)).open(stored) }
    #expect(throws: TagError.notOpened) { try PepperKey(version: 8, bytes: Self.bytes).open(stored) }
    for index in stored.bytes.indices {
      var changed = stored.bytes
      changed[index] ^= 1
      #expect(throws: TagError.notOpened) { try PepperKey(version: 7, bytes: Self.bytes).open(StoredTag(bytes: changed)) }
    }
    for count in 0..<stored.bytes.count {
      #expect(throws: TagError.notOpened) {
        try PepperKey(version: 7, bytes: Self.bytes).open(StoredTag(bytes: Array(stored.bytes.prefix(count))))
      }
    }
  }
}
