import COpenSSL
import Foundation
import JPKI
import OpenSSLOracle
import Testing

/// OCSP answers: none believed that OpenSSL refuses, no status, time or reason that it reads otherwise.
@Suite(.timeLimit(.minutes(30))) struct OCSPDifferentialTests {
  private static let serial: [UInt8] = [0x01, 0xA2, 0xB3, 0xC4]
  private static let nonceExtension = "1.3.6.1.5.5.7.48.1.2"

  private static let dictionary: [[UInt8]] = [
    Encoder.primitive(0, []), Encoder.primitive(2, []), AnswerRecipe.revoked(3), AnswerRecipe.revoked(5), AnswerRecipe.revoked(nil),
    Encoder.extension(nonceExtension, Encoder.octets(AnswerRecipe.nonce)), Encoder.extension(nonceExtension, Encoder.octets([])),
    Encoder.extension(nonceExtension, critical: true, Encoder.octets(AnswerRecipe.nonce)),
    Encoder.extension("1.2.392.200149.9.9", critical: true, Encoder.null), Encoder.extension("1.2.392.200149.9.9", Encoder.null),
    Encoder.extension("1.3.6.1.5.5.7.48.1.5", Encoder.null),
    Encoder.extension("1.3.6.1.5.5.7.48.1.6", Encoder.generalized("20200101000000Z")),
    Encoder.extension("1.3.6.1.5.5.7.48.1.3", Encoder.sequence()), Encoder.explicit(1, World.signingAuthority.name),
    Encoder.explicit(2, Encoder.octets(World.signingAuthority.key.identifier)),
    Encoder.explicit(2, Encoder.octets(World.responderKey.identifier)), Encoder.algorithm(Algorithm.sha256),
    Encoder.algorithm(Algorithm.sha1),
    Encoder.algorithm(Algorithm.md5), Encoder.explicit(0, Encoder.generalized("20260701031500Z")), Encoder.explicit(0, Encoder.integer(0)),
    Encoder.oid("1.3.6.1.5.5.7.3.9"), Encoder.integer(0x01A2_B3C4),
  ]

  /// An answer whose signed part, the delegate's certificate or the whole can be spoiled.
  private struct Original {
    let basic: Resigned
    let delegate: Resigned?

    init(_ recipe: AnswerRecipe) throws {
      let whole = try #require(DERTree(recipe.der))
      basic = try Resigned(whole[[1, 0, 1, 0]].der, key: recipe.key)
      delegate = try recipe.certificates.first.map { try Resigned($0, key: World.signingAuthority.key) }
    }

    func spoiled(_ mutator: inout Mutator) -> [UInt8] {
      var bytes: [UInt8]
      if let delegate, mutator.chance(35) {
        var tree = basic.rest
        // [0] certificates: the delegate spoiled under a good signature, the answer as it was.
        tree.children?[3] = DERTree(tag: 0xA0, content: Encoder.element(0x30, delegate.spoiled(&mutator)))
        bytes = tree.der
      } else {
        bytes = basic.spoiled(&mutator)
      }
      bytes = Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.48.1.1"), Encoder.octets(bytes))
      bytes = Encoder.sequence(Encoder.enumerated(0), Encoder.explicit(0, bytes))
      return mutator.chance(4) ? mutator.spoil(bytes: bytes) : bytes
    }
  }

  private static func recipes() -> [AnswerRecipe] {
    let byName = AnswerRecipe(
      responder: Encoder.explicit(1, World.signingAuthority.name), key: World.signingAuthority.key, certificates: [])
    let byHash256 = AnswerRecipe(
      hashAlgorithm: Encoder.algorithm(Algorithm.sha256), nameHash: sha256(World.signingAuthority.name),
      // The key bits stand behind the headers of SubjectPublicKeyInfo, AlgorithmIdentifier and BIT STRING.
      keyHash: sha256(Array(World.signingAuthority.key.publicKeyInfo.dropFirst(4 + 15 + 5))))
    var critical = AnswerRecipe(nextUpdate: nil)
    critical.singleExtensions = [Encoder.extension("1.3.6.1.5.5.7.48.1.3", Encoder.sequence())]
    return [
      AnswerRecipe(), AnswerRecipe(certificateStatus: AnswerRecipe.revoked(3)), AnswerRecipe(certificateStatus: AnswerRecipe.revoked(nil)),
      byName, byHash256, critical,
    ]
  }

  @Test func noAnswerIsBelievedThatOpenSSLRefuses() throws {
    let originals = try Self.recipes().map(Original.init)
    try Campaign.run("ocsp-answer", dictionary: Self.dictionary) { mutator in
      originals[mutator.below(originals.count)].spoiled(&mutator)
    } judge: { der in
      guard let ours = OCSPCases.decide(der) else { return nil }
      if case .unknown = ours.status { return nil }
      return Self.objections(ours, der)
    }
  }

  private static func objections(_ ours: OCSPDecision, _ der: [UInt8]) -> [String] {
    let theirs = SecondOpinion.signing.answer(der, serial: serial, nonce: AnswerRecipe.nonce)
    var found = Objections()
    found.demand(theirs.parsed == 1, "OpenSSL cannot read it")
    found.demand(theirs.response_status == OCSP_RESPONSE_STATUS_SUCCESSFUL, "status \(theirs.response_status)")
    found.demand(theirs.verified == 1, "OpenSSL does not believe the signature or the responder")
    found.demand(theirs.nonce == 1, "OpenSSL finds the nonce wrong: \(theirs.nonce)")
    found.demand(theirs.answers == 1, "\(theirs.answers) answers about the certificate")
    found.demand(theirs.has_unknown_critical == 0, "an unknown critical extension")
    found.demand(ours.thisUpdate.map { Int64($0.timeIntervalSince1970) } == theirs.this_update, "another thisUpdate")
    found.demand(ours.nextUpdate.map { Int64($0.timeIntervalSince1970) } ?? .min == theirs.next_update, "another nextUpdate")
    found.demand(ours.producedAt.map { Int64($0.timeIntervalSince1970) } == theirs.produced_at, "another producedAt")
    switch ours.status {
    case .good: found.demand(theirs.certificate_status == V_OCSP_CERTSTATUS_GOOD, "good for us; OpenSSL: \(theirs.certificate_status)")
    case .revoked(let meaning, let time):
      found.demand(theirs.certificate_status == V_OCSP_CERTSTATUS_REVOKED, "revoked for us; OpenSSL: \(theirs.certificate_status)")
      found.demand(Int64(time.timeIntervalSince1970) == theirs.revoked_at, "another time of revocation")
      found.demand((theirs.reason == 3) == (meaning == .contentChanged), "another reason: \(theirs.reason)")
    case .unknown: break
    }
    return found.all
  }
}
