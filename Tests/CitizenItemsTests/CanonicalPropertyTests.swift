import CitizenItems
import Crypto
import Foundation
import Testing

/// A small reproducible generator (SplitMix64).
struct Dice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// What holds for every text.
@Suite struct CanonicalPropertyTests {
  /// Pieces that the rules look at, which meet more often here than in any ledger.
  static let pieces =
    "大字,字,小字,丁目,丁,番地,番,号室,号,室,の,ノ,之,丿,-,ー, ,　,1,2,0,23,一,二,十,百,千,〇,八,五,拾,壱,第,条,線,階,F,A,地割,通,り,通り,上,下,る,ル,が,ヶ,西,東,入,館,街,町,棟,・,#,(,),コ,ハ,山,川,市,々,ゝ,ヽ,か,\u{3099},ﾞ,文,十字,①,Ⅱ,½,²,〒,100-0001,渡邉,é,e,\u{301},\u{323},ツ,外,目,ｶ,[,],=,゠,.,日,出,\u{E0100},ß,ﷺ,각,각"
    .split(separator: ",").map(String.init)

  static func texts(_ count: Int, seed: UInt64) -> [String] {
    var dice = Dice(state: seed)
    return (0..<count).map { _ in
      (0..<Int.random(in: 1...9, using: &dice)).map { _ in
        Int.random(in: 0..<12, using: &dice) == 0
          ? String(Unicode.Scalar(UInt32.random(in: 0x20..<0x31400, using: &dice)) ?? "x") : pieces.randomElement(using: &dice) ?? ""
      }.joined()
    }
  }

  @Test(arguments: [Item.name, .address]) func theFormOfAFormIsItself(_ item: Item) throws {
    for text in Self.texts(20_000, seed: 1) {
      guard let form = try? CanonicalForm.canonical(item, text) else { continue }
      #expect(try CanonicalForm.canonical(item, form) == form, "\(text.unicodeScalars.map { String($0.value, radix: 16) })")
    }
  }

  @Test func anyBytesYieldAFormOrARefusal() {
    var dice = Dice(state: 2)
    for _ in 0..<5_000 {
      let bytes = (0..<Int.random(in: 0...40, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
      for item in Item.allCases {
        do { #expect(!(try CanonicalForm.canonical(item, String(decoding: bytes, as: UTF8.self))).isEmpty) } catch {
          #expect(!"\(error)".isEmpty)
        }
      }
    }
  }

  @Test func everyScalarOfUnicodeHasAFormOrARefusal() throws {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value), let form = try? CanonicalForm.canonical(.name, "山" + String(scalar)) else { continue }
      #expect(form.unicodeScalars.first == "山" && (try? CanonicalForm.canonical(.name, form)) == form, "U+\(String(value, radix: 16))")
    }
  }

  /// Foundation's normalisation is the oracle: what Unicode holds to be equivalent has one form.
  @Test func canonicallyEquivalentTextsShareAForm() throws {
    for value in UInt32(0xA0)..<0x30000 {
      guard let scalar = Unicode.Scalar(value), scalar.properties.generalCategory != .unassigned else { continue }
      let text = String(scalar)
      let decomposed = text.decomposedStringWithCanonicalMapping
      guard !decomposed.unicodeScalars.elementsEqual(text.unicodeScalars), let form = try? CanonicalForm.canonical(.name, "山" + text) else {
        continue
      }
      // Scripts whose marks the tables leave alone are compared where the decomposition is left alone too.
      guard value < 0x600 || (0x1E00..<0x2000).contains(value) || value >= 0x3000 else { continue }
      #expect(try CanonicalForm.canonical(.name, "山" + decomposed) == form, "U+\(String(value, radix: 16))")
    }
  }

  @Test func numbersNeverGrowIntoEachOther() throws {
    var dice = Dice(state: 3)
    let separators = ["-", "－", "番地", "番", "の", "丁目", " ", "　", "ー", "−"]
    let ends = ["", "号", "番地", "番", "号室"]
    for _ in 0..<5_000 {
      let numbers = (0..<3).map { _ in Int.random(in: 1...130, using: &dice) }
      let text =
        "見本町" + numbers.dropLast().map { String($0) + (separators.randomElement(using: &dice) ?? "-") }.joined() + String(numbers[2])
        + (ends.randomElement(using: &dice) ?? "")
      #expect(try CanonicalForm.canonical(.address, text) == "見本町" + numbers.map(String.init).joined(separator: "-"))
    }
  }

  /// Ruleset 1, byte for byte: the digest over the forms of every scalar, alone and between others, and over the texts above. If this test fails, the
  /// ruleset has changed, and its number must.
  @Test func rulesetOneNeverChanges() {
    #expect(CanonicalForm.ruleset == 1)
    var digest = SHA256()
    for value in UInt32(0)..<0x33000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      for item in [Item.name, .address] {
        digest.update(data: Data(((try? CanonicalForm.canonical(item, "山" + String(scalar) + "1")) ?? "refused").utf8))
      }
    }
    for text in Self.texts(2_000, seed: 4) {
      for item in [Item.name, .address] { digest.update(data: Data(((try? CanonicalForm.canonical(item, text)) ?? "refused").utf8)) }
    }
    #expect(
      digest.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        == "b06bd9dab37e6b1cb794defd4428385198ca34e4d6c5464a242959d013075f21")
  }
}
