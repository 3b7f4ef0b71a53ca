import CitizenItems
import Crypto
import Foundation
import Testing

// Internal names, to inject the vectors' blinds and proof scalars, and to verify a proof over several elements.
@testable import CryptoExtras

/// RFC 9497, appendix A.4.2: P384-SHA384, mode VOPRF, as published.
@Suite struct VOPRFVectorTests {
  typealias Scalar = P384._VOPRF.H2G.G.Scalar
  typealias Element = P384._VOPRF.H2G.G.Element

  static let secret = "051646b9e6e7a71ae27c1e1d0b87b4381db6d3595eeeb1adb41579adbf992f4278f9016eafc944edaa2b43183581779d"
  static let published = "031d689686c611991b55f1a1d8f4305ccd6cb719446f660a30db61b7aa87b46acf59b7c0d4a9077b3da21c25dd482229a0"

  struct Row: Sendable {
    let input, blind, blinded, evaluated, output: String
  }
  struct Vector: Sendable {
    let rows: [Row]
    let proof, proofScalar: String
  }

  private static let blind = "504650f53df8f16f6861633388936ea23338fa65ec36e0290022b48eb562889d89dbfa691d1cde91517fa222ed7ad364"
  private static let otherBlind = "803d955f0e073a04aa5d92b3fb739f56f9db001266677f62c095021db018cd8cbb55941d4073698ce45c405d1348b7b1"
  private static let first = Row(
    input: "00", blind: blind,
    blinded: "02d338c05cbecb82de13d6700f09cb61190543a7b7e2c6cd4fca56887e564ea82653b27fdad383995ea6d02cf26d0e24d9",
    evaluated: "02a7bba589b3e8672aa19e8fd258de2e6aae20101c8d761246de97a6b5ee9cf105febce4327a326255a3c604f63f600ef6",
    output: "3333230886b562ffb8329a8be08fea8025755372817ec969d114d1203d026b4a622beab60220bf19078bca35a529b35c")
  private static let longInput = String(repeating: "5a", count: 17)
  private static let longOutput = "b91c70ea3d4d62ba922eb8a7d03809a441e1c3c7af915cbc2226f485213e895942cd0f8580e6d99f82221e66c40d274f"

  static let vectors = [
    // A.4.2.1, batch size 1
    Vector(
      rows: [first],
      proof: "bfc6cf3859127f5fe25548859856d6b7fa1c7459f0ba5712a806fc091a3000c42d8ba34ff45f32a52e40533efd2a03bc"
        + "87f3bf4f9f58028297ccb9ccb18ae7182bcd1ef239df77e3be65ef147f3acf8bc9cbfc5524b702263414f043e3b7ca2e",
      proofScalar: otherBlind),
    // A.4.2.2, batch size 1
    Vector(
      rows: [
        Row(
          input: longInput, blind: blind,
          blinded: "02f27469e059886f221be5f2cca03d2bdc61e55221721c3b3e56fc012e36d31ae5f8dc058109591556a6dbd3a8c69c433b",
          evaluated: "03f16f903947035400e96b7f531a38d4a07ac89a80f89d86a1bf089c525a92c7f4733729ca30c56ce78b1ab4f7d92db8b4",
          output: longOutput)
      ],
      proof: "d005d6daaad7571414c1e0c75f7e57f2113ca9f4604e84bc90f9be52da896fff3bee496dcde2a578ae9df315032585f8"
        + "01fb21c6080ac05672b291e575a40295b306d967717b28e08fcc8ad1cab47845d16af73b3e643ddcc191208e71c64630",
      proofScalar: otherBlind),
    // A.4.2.3, batch size 2
    Vector(
      rows: [
        first,
        Row(
          input: longInput, blind: otherBlind,
          blinded: "02fa02470d7f151018b41e82223c32fad824de6ad4b5ce9f8e9f98083c9a726de9a1fc39d7a0cb6f4f188dd9cea01474cd",
          evaluated: "028e9e115625ff4c2f07bf87ce3fd73fc77994a7a0c1df03d2a630a3d845930e2e63a165b114d98fe34e61b68d23c0b50a",
          output: longOutput),
      ],
      proof: "6d8dcbd2fc95550a02211fb78afd013933f307d21e7d855b0b1ed0af78076d8137ad8b0a1bfa05676d325249c1dbb9a5"
        + "2bd81b1c2b7b0efc77cf7b278e1c947f6283f1d4c513053fc0ad19e026fb0c30654b53d9cea4b87b037271b5d2e2d0ea",
      proofScalar: "a097e722ed2427de86966910acba9f5c350e8040f828bf6ceca27405420cdf3d63cb3aef005f40ba51943c8026877963"),
  ]

  static func bytes(_ hex: String) -> Data {
    let digits = Array(hex.utf8).map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
    return Data(stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
  }

  @Test func theKeyPairIsThePublishedOne() throws {
    let key = try VOPRFKey(version: 1, bytes: Array(Self.bytes(Self.secret)))
    #expect(key.publicKey.bytes == Array(Self.bytes(Self.published)))
  }

  @Test(arguments: vectors) func everyStepGivesThePublishedBytes(_ vector: Vector) throws {
    let key = try P384._VOPRF.PrivateKey(rawRepresentation: Self.bytes(Self.secret))
    for row in vector.rows {
      let blinded = try key.publicKey.blind(Self.bytes(row.input), with: Scalar(bytes: Self.bytes(row.blind)))
      #expect(blinded.blindedElement.oprfRepresentation == Self.bytes(row.blinded))
      let evaluation = try key.evaluate(blinded.blindedElement, using: Scalar(bytes: Self.bytes(vector.proofScalar)))
      #expect(evaluation.evaluatedElement.oprfRepresentation == Self.bytes(row.evaluated))
      if vector.rows.count == 1 { #expect(evaluation.proof.rawRepresentation == Self.bytes(vector.proof)) }
      #expect(try key.publicKey.finalize(blinded, using: evaluation) == Self.bytes(row.output))
      #expect(try key.evaluate(Self.bytes(row.input)) == Self.bytes(row.output))
    }
  }

  @Test(arguments: vectors) func theProofOverAllElementsIsThePublishedOne(_ vector: Vector) throws {
    let key = try Scalar(bytes: Self.bytes(Self.secret))
    let published = try Element(oprfRepresentation: Self.bytes(Self.published))
    let context = OPRF.setupContext(mode: .verifiable, suite: P384._VOPRF.ciphersuite, v8CompatibilityMode: false)
    let elements = try vector.rows.map {
      (
        C: try Element(oprfRepresentation: Self.bytes($0.blinded)), D: try Element(oprfRepresentation: Self.bytes($0.evaluated))
      )
    }
    let proof = try DLEQ<P384._VOPRF.H2G>.proveEquivalenceBetween(
      k: key, A: Element.generator, B: published, CDs: elements, dst: context, proofScalar: Scalar(bytes: Self.bytes(vector.proofScalar)),
      v8CompatibilityMode: false)
    #expect(proof.c.rawRepresentation + proof.s.rawRepresentation == Self.bytes(vector.proof))
    func holds(_ elements: [(C: Element, D: Element)]) throws -> Bool {
      try DLEQ<P384._VOPRF.H2G>.verifyProof(
        A: Element.generator, B: published, CDs: elements, proof: proof, dst: context, v8CompatibilityMode: false)
    }
    #expect(try holds(elements))
    #expect(try !holds(elements.map { (C: $0.D, D: $0.C) }))
  }

  /// What the broker sends is what the vectors say, element and proof, whatever randomness it took.
  @Test(arguments: vectors) func theBrokersAnswersHoldBeforeTheRFC(_ vector: Vector) throws {
    let key = try VOPRFKey(version: 1, bytes: Array(Self.bytes(Self.secret)))
    let answers = try key.evaluate(vector.rows.map { Array(Self.bytes($0.blinded)) })
    for (row, answer) in zip(vector.rows, answers) {
      #expect(answer.count == VOPRFPublicKey.evaluationLength)
      #expect(Data(answer.prefix(49)) == Self.bytes(row.evaluated))
      let blinded = try P384._VOPRF.PublicKey(compressedRepresentation: Self.bytes(Self.published)).blind(
        Self.bytes(row.input), with: Scalar(bytes: Self.bytes(row.blind)))
      let output = try P384._VOPRF.PublicKey(compressedRepresentation: Self.bytes(Self.published)).finalize(
        blinded, using: P384._VOPRF.BlindEvaluation(rawRepresentation: answer))
      #expect(output == Self.bytes(row.output))
    }
  }
}

/// Scheme `voprf` between broker and bank.
@Suite struct VOPRFTests {
  static let canonical = Array("東京都".utf8)

  @Test func theBanksTagIsTheBrokersOwn() throws {
    let key = try VOPRFKey.generate(version: 7)
    let inputs = [Self.canonical, Array("another".utf8), Self.canonical]
    let batch = try key.publicKey.blind(inputs)
    let tags = try batch.finalize(key.evaluate(batch.elements))
    #expect(tags == (try inputs.map { try key.tag(of: $0) }))
    #expect(tags[0] == tags[2] && tags[0] != tags[1])
    #expect(tags[0].text.hasPrefix("voprf.7.1.") && tags[0].value.count == 48)
    #expect(try EdgeTag(parsing: tags[0].text) == tags[0])
  }

  @Test func whatIsSentSaysNothing() throws {
    let key = try VOPRFKey.generate(version: 1).publicKey
    let elements = try key.blind([Self.canonical, Self.canonical]).elements + key.blind([Self.canonical]).elements
    #expect(Set(elements).count == 3)
    #expect(elements.allSatisfy { $0.count == VOPRFPublicKey.length })
  }

  @Test func anotherKeysEvaluationIsNotTaken() throws {
    let (key, other) = (try VOPRFKey.generate(version: 1), try VOPRFKey.generate(version: 1))
    let batch = try key.publicKey.blind([Self.canonical])
    #expect(throws: TagError.proofInvalid) { try batch.finalize(other.evaluate(batch.elements)) }
    // Of two rows, each other's.
    let two = try key.publicKey.blind([Self.canonical, [1]])
    #expect(throws: TagError.proofInvalid) { try two.finalize(key.evaluate(two.elements).reversed()) }
    #expect(throws: TagError.proofInvalid) { try two.finalize(key.evaluate(Array(two.elements.prefix(1)))) }
  }

  @Test func aChangedAnswerIsNotTaken() throws {
    let key = try VOPRFKey.generate(version: 1)
    let batch = try key.publicKey.blind([Self.canonical])
    let answer = try key.evaluate(batch.elements)[0]
    for place in [0, 5, 48, 49, 96, 97, 144] {
      var changed = answer
      changed[place] ^= 1
      #expect(throws: TagError.proofInvalid) { try batch.finalize([changed]) }
    }
    #expect(throws: TagError.proofInvalid) { try batch.finalize([Array(answer.dropLast())]) }
  }

  @Test(arguments: [
    [], [0], [UInt8](repeating: 0, count: 49), [2] + [UInt8](repeating: 0xFF, count: 48), [4] + [UInt8](repeating: 1, count: 48),
  ])
  func whatIsNoElementIsRefused(_ bytes: [UInt8]) throws {
    let key = try VOPRFKey.generate(version: 1)
    #expect(throws: TagError.malformed) { try key.evaluate([bytes]) }
    #expect(throws: TagError.keyForm) { try VOPRFPublicKey(version: 1, bytes: bytes) }
  }

  @Test func anyBytesAreEvaluatedOrRefused() throws {
    let key = try VOPRFKey.generate(version: 1)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let bytes = [UInt8.random(in: 2...3)] + (0..<48).map { _ in UInt8.random(in: 0...255, using: &generator) }
      do throws(TagError) {
        #expect(try key.evaluate([bytes])[0].count == VOPRFPublicKey.evaluationLength)
      } catch {
        #expect(error == .malformed)
      }
    }
  }

  @Test func aSecretHasItsForm() throws {
    for bytes in [[], [UInt8](repeating: 1, count: 47), [UInt8](repeating: 0, count: 48), [UInt8](repeating: 0xFF, count: 48)] {
      #expect(throws: TagError.keyForm) { try VOPRFKey(version: 1, bytes: bytes) }
    }
    #expect(throws: TagError.keyForm) { try VOPRFKey.generate(version: 0) }
    let key = try VOPRFKey.generate(version: 2)
    #expect(try VOPRFKey(version: 2, bytes: key.bytes) == key)
    #expect(try VOPRFPublicKey(version: 2, text: key.publicKey.text) == key.publicKey)
  }

  @Test func aVOPRFTagIsStoredAndOpenedLikeAnyOther() throws {
    let tag = try VOPRFKey.generate(version: 3).tag(of: Self.canonical)
    let pepper = try PepperKey.generate(version: 1)
    #expect(try pepper.open(pepper.seal(tag)) == tag)
  }

  @Test func secretsAndBlindsAreNotPrinted() throws {
    let key = try VOPRFKey.generate(version: 1)
    for text in [
      RedactionTests.printed(key), RedactionTests.printed(TagKey.voprf(key)), RedactionTests.printed(try key.publicKey.blind([[1]])),
    ] { #expect(text.contains("<redacted>") && !text.contains("P384") && !text.contains("\(key.bytes[0]), ")) }
  }
}
