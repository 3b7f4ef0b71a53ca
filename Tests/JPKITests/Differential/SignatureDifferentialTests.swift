import JPKI
import OpenSSLOracle
import Testing

/// DigestInfo under the card's own key, which signs whatever it is given: what passes is what OpenSSL's RSA verification lets pass.
@Suite(.timeLimit(.minutes(30))) struct SignatureDifferentialTests {
  @Test func noSignaturePassesThatOpenSSLRefuses() throws {
    let original = try #require(DERTree(digestInfo(Algorithm.sha256, sha256(World.message))))
    let digest = sha256(World.message)
    let dictionary = [
      Encoder.oid(Algorithm.sha256), Encoder.oid(Algorithm.sha1), Encoder.oid(Algorithm.sha384), Encoder.algorithm(Algorithm.sha256),
      Encoder.algorithm(Algorithm.sha256, parameters: []), Encoder.algorithm(Algorithm.sha512), Encoder.octets(digest),
    ]
    try Campaign.run("signature", dictionary: dictionary) { mutator in
      // The unspoiled one now and then: it must pass, also in odd company.
      if mutator.chance(5) { return World.signature }
      if mutator.chance(10) { return mutator.spoil(bytes: World.signature) }
      if mutator.chance(15) { return World.signingKey.sign(block: Self.block(&mutator, original.der)) }
      let payload = mutator.chance(10) ? mutator.spoil(bytes: original.der) : mutator.spoil(original).der
      return World.signingKey.sign(payload: Array(payload.prefix(245)))
    } judge: { signature in
      guard SignatureCases.verify(World.raw(signature)) == nil else { return nil }
      let theirs = SecondOpinion.signature(signature, key: World.signingKey.publicKeyInfo, digest: digest)
      var found = Objections()
      found.demand(theirs.verified == 1, "OpenSSL finds it wrong")
      found.demand(theirs.parsed == 1, "OpenSSL cannot read the DigestInfo")
      found.demand(theirs.is_sha256 == 1 && theirs.digest_agrees == 1, "OpenSSL reads another digest")
      return found.all
    }
  }

  /// A block of the modulus' length with something wrong in its padding.
  private static func block(_ mutator: inout Mutator, _ payload: [UInt8]) -> [UInt8] {
    var block = [0, 1] + [UInt8](repeating: 0xFF, count: 253 - payload.count) + [0] + payload
    let padding = 256 - payload.count
    switch mutator.below(6) {
    case 0: block[mutator.below(padding)] = UInt8(mutator.below(256))
    case 1: block[1] = 2
    case 2: block[padding - 1] = 0xFF
    // Short padding, garbage behind: what forgers of small exponents want.
    case 3: block = Array(([0, 1] + [UInt8](repeating: 0xFF, count: 2 + mutator.below(10)) + [0] + payload + block).prefix(256))
    case 4: block.swapAt(2 + mutator.below(padding - 2), 2 + mutator.below(padding - 2))
    default: break
    }
    // Below any modulus of 2,048 bits.
    block[0] = 0
    return block
  }
}
