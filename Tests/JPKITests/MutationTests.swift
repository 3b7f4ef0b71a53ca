import Foundation
import JPKI
import Testing

/// Whatever is cut or flipped is refused, and nothing crashes. The seed is fixed: what failed once fails again.
struct MutationTests {
  /// SplitMix64.
  struct Randomness: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  /// One of: a bit flipped, a byte replaced, cut off, bytes removed, bytes repeated, bytes inserted, a length changed.
  static func mutate(_ original: [UInt8], _ random: inout Randomness) -> [UInt8] {
    var bytes = original
    for _ in 0...Int.random(in: 0...2, using: &random) {
      guard !bytes.isEmpty else { break }
      let at = Int.random(in: 0..<bytes.count, using: &random)
      let until = min(bytes.count, at + Int.random(in: 1...32, using: &random))
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes.removeSubrange(at...)
      case 3: bytes.removeSubrange(at..<until)
      case 4: bytes.insert(contentsOf: bytes[at..<until], at: at)
      case 5: bytes.insert(contentsOf: (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }, at: at)
      default:
        if let length = bytes.indices.filter({ bytes[$0] == 0x30 }).randomElement(using: &random), length + 1 < bytes.count {
          bytes[length + 1] &+= 1
        }
      }
    }
    return bytes
  }

  private func survivors(of original: [UInt8], seed: UInt64, count: Int, _ accepts: ([UInt8]) -> Bool) -> Int {
    #expect(accepts(original))
    var random = Randomness(state: seed)
    var survivors = 0
    for _ in 0..<count {
      let mutated = Self.mutate(original, &random)
      if mutated != original, accepts(mutated) { survivors += 1 }
    }
    return survivors
  }

  @Test func mutatedSigningCertificatesAreRefused() {
    #expect(survivors(of: World.signingCertificate, seed: 1, count: 3000) { certificateReason($0, .signing) == nil } == 0)
  }

  @Test func mutatedAuthenticationCertificatesAreRefused() {
    #expect(survivors(of: World.authenticationCertificate, seed: 2, count: 3000) { certificateReason($0, .authentication) == nil } == 0)
  }

  /// Signed anew, so that the reader behind the signature check is reached; what it accepts, OpenSSL must understand too.
  @Test(arguments: CertificateKind.allCases) func mutatedExtensionsUnderAGoodSignaturePassOnlyWhereOpenSSLUnderstandsThem(
    _ kind: CertificateKind
  ) {
    var random = Randomness(state: kind == .signing ? 3 : 10)
    var misunderstood = 0
    for _ in 0..<1000 {
      var recipe = kind == .signing ? World.signingRecipe() : World.authenticationRecipe()
      let index = Int.random(in: 0..<recipe.extensions.count, using: &random)
      recipe.extensions[index].value = Self.mutate(recipe.extensions[index].value, &random)
      let der = recipe.signed(by: (kind == .signing ? World.signingAuthority : World.authenticationAuthority).key)
      if certificateReason(der, kind) == nil, !OpenSSLView.understands(der) { misunderstood += 1 }
    }
    #expect(misunderstood == 0)
  }

  @Test func everyCutOfACertificateIsRefused() {
    for length in 0..<World.signingCertificate.count {
      #expect(certificateReason(Array(World.signingCertificate[..<length]), .signing) != nil)
    }
  }

  @Test func mutatedSignaturesAreRefused() {
    #expect(survivors(of: World.signature, seed: 4, count: 3000) { SignatureCases.verify(World.raw($0)) == nil } == 0)
  }

  @Test func mutatedPayloadsOfTheRightKeyAreRefused() {
    var random = Randomness(state: 5)
    let original = digestInfo(Algorithm.sha256, sha256(World.message))
    var accepted = 0
    for _ in 0..<1500 {
      let payload = Self.mutate(original, &random)
      guard payload != original, payload.count <= 245 else { continue }
      if SignatureCases.verify(World.raw(World.signingKey.sign(payload: payload))) == nil { accepted += 1 }
    }
    #expect(accepted == 0)
  }

  @Test func mutatedListsAreRefused() {
    #expect(survivors(of: ListRecipe().der, seed: 6, count: 3000) { RevocationListCases.read($0) == nil } == 0)
  }

  @Test func mutatedListsUnderAGoodSignatureNeverCrash() {
    var random = Randomness(state: 7)
    for _ in 0..<600 {
      var recipe = ListRecipe(point: ListRecipe.part(World.pointName(.signing)))
      let index = Int.random(in: 0..<recipe.entries.count, using: &random)
      recipe.entries[index].extensions = [Self.mutate(recipe.entries[index].extensions.first ?? Encoder.null, &random)]
      recipe.point = recipe.point.map { Self.mutate($0, &random) }
      _ = RevocationListCases.read(recipe.der)
    }
  }

  @Test func mutatedAnswersAreNeverGood() {
    #expect(survivors(of: AnswerRecipe().der, seed: 8, count: 3000) { OCSPCases.decide($0)?.status == .good } == 0)
  }

  /// Parts of a message that nobody signs (the version, crls, other certificates) may change; what was signed may not.
  @Test func mutatedMessagesNeverPassForAnotherContent() {
    var random = Randomness(state: 9)
    let original = MessageRecipe(attached: World.message).der
    for _ in 0..<3000 {
      let card = CardSignature(format: .cms, signature: Self.mutate(original, &random), certificate: nil)
      #expect(SignatureCases.verify(card, over: World.message + [0]) != nil)
    }
  }
}
