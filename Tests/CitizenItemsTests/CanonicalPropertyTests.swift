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

  @Test func everyScalarBetweenNumbersHasAFormOrARefusal() {
    for value in UInt32(0)..<0x33000 {
      guard let scalar = Unicode.Scalar(value), let form = try? CanonicalForm.canonical(.address, "山1" + String(scalar) + "2") else {
        continue
      }
      // Whatever stands between two numbers, they never become one, unless it is nothing at all.
      let isNothing =
        (try? CanonicalForm.canonical(.name, "山" + String(scalar) + "川")) == "山川" && scalar.properties.isDefaultIgnorableCodePoint
      #expect((try? CanonicalForm.canonical(.address, form)) == form && (isNothing || form != "山12"), "U+\(String(value, radix: 16))")
    }
  }

  /// The door for bytes and the door for texts lead to one room.
  @Test func bytesAndTextsHaveTheSameForms() {
    var dice = Dice(state: 5)
    var canonicalizer = Canonicalizer()
    for text in Self.texts(2_000, seed: 6) {
      var bytes = Array(text.utf8)
      if Int.random(in: 0..<4, using: &dice) == 0, !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
      }
      for item in Item.allCases {
        var out: [UInt8] = []
        let known = String(validating: bytes, as: UTF8.self).flatMap { try? CanonicalForm.canonical(item, $0) }
        bytes.withUnsafeBufferPointer { buffer in
          do throws(CanonicalRefusal) { try canonicalizer.append(item, buffer, to: &out) } catch { out = [] }
        }
        #expect(out == Array((known ?? "").utf8))
      }
    }
  }

  @Test func malformedUTF8IsRefused() {
    var canonicalizer = Canonicalizer()
    for bytes in [
      [0x80], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE5, 0xB1], [0xFF], [0xF0, 0x9F, 0x98],
    ] as [[UInt8]] {
      var out: [UInt8] = []
      #expect(throws: CanonicalRefusal.unreadableCharacter) {
        try bytes.withUnsafeBufferPointer { try canonicalizer.append(.name, $0, to: &out) }
      }
      #expect(out.isEmpty)
    }
  }

  @Test func rowsHaveTheBytesOfTheirItems() throws {
    let row = DeclaredItems(name: "ｼｼﾞｮｳ ﾊﾅｺ", address: "岩手県架空市見本町一丁目２番３号", dateOfBirth: "S55.2.17", sex: "女")
    let texts = [row.name, row.address, row.dateOfBirth, row.sex].map { Array(($0 ?? "").utf8) }
    var canonicalizer = Canonicalizer()
    func bytes(_ texts: [[UInt8]], _ origin: RowOrigin) throws -> [UInt8] {
      var out: [UInt8] = []
      try texts[0].withUnsafeBufferPointer { name in
        try texts[1].withUnsafeBufferPointer { address in
          try texts[2].withUnsafeBufferPointer { date in
            try texts[3].withUnsafeBufferPointer { sex in
              try canonicalizer.append(RowText(name: name, address: address, dateOfBirth: date, sex: sex), from: origin, to: &out)
            }
          }
        }
      }
      return out
    }
    let ledger = try CanonicalForm.bytes(ofLedger: row)
    let card = try CanonicalForm.bytes(
      of: FourItems(
        name: CertifiedText(declared: "シジョウハナコ"), address: CertifiedText(declared: "岩手県架空市見本町1-2-3"),
        dateOfBirth: DateOfBirth(jpki: "319800217"), sex: .female))
    #expect(try bytes(texts, .ledger) == ledger && bytes(texts, .card) == card && ledger != card)
    #expect(throws: RowRefusal.self) { try bytes([texts[0], [0xFF], texts[2], texts[3]], .ledger) }
    let key = try EdgeKey(version: 3, bytes: [UInt8](repeating: 3, count: 32))
    var text: [UInt8] = []
    (EdgeTag.label + ledger).withUnsafeBytes { EdgeTag.appendText(ofLabelled: $0, key: key, to: &text) }
    #expect(String(decoding: text, as: UTF8.self) == EdgeTag.hmac(ledger, key: key).text)
  }

  /// The short way for dates says what the long one says.
  @Test func plainDatesAreReadAsAnyOthers() {
    var dice = Dice(state: 7)
    let digits = "0123456789-/. 年"
    for _ in 0..<20_000 {
      let text =
        Int.random(in: 0..<3, using: &dice) == 0
        ? String((0..<Int.random(in: 7...10, using: &dice)).compactMap { _ in digits.randomElement(using: &dice) })
        : "\(Int.random(in: 1840...2210, using: &dice))" + ["-", "/", ".", ""][Int.random(in: 0..<4, using: &dice)]
          + ["02", "2", "13", "00", "12"][Int.random(in: 0..<5, using: &dice)] + ["-", "/", ".", ""][Int.random(in: 0..<4, using: &dice)]
          + ["29", "30", "1", "01", "00"][Int.random(in: 0..<5, using: &dice)]
      #expect((try? CanonicalForm.canonical(.dateOfBirth, text)) == (try? DateOfBirth(text: text))?.iso, "\(text)")
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
