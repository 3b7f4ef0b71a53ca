import JPKI

/// An OCSP answer to be made, every part of which a test may spoil.
struct AnswerRecipe {
  static let nonce = [UInt8](repeating: 0x42, count: 32)

  var status: UInt8 = 0
  var hasBytes = true
  var type = "1.3.6.1.5.5.7.48.1.1"
  var responder: [UInt8] = Encoder.explicit(2, Encoder.octets(World.responderKey.identifier))
  var producedAt = Encoder.generalized("20260701030000Z")
  var hashAlgorithm = Encoder.algorithm(Algorithm.sha1)
  var nameHash = sha1(World.signingAuthority.name)
  var keyHash = World.signingAuthority.key.identifier
  var serial = Encoder.integer(0x01A2_B3C4)
  var certificateStatus: [UInt8] = Encoder.primitive(0, [])
  var thisUpdate = Encoder.generalized("20260701030000Z")
  var nextUpdate: [UInt8]? = Encoder.generalized("20260701031500Z")
  var singleExtensions: [[UInt8]] = []
  var singleCount = 1
  /// Answers about others, in front.
  var otherSingles: [[UInt8]] = []
  var nonce: [UInt8]? = AnswerRecipe.nonce
  var extensions: [[UInt8]] = []
  var algorithm = Encoder.algorithm(Algorithm.sha256WithRSA)
  var key: any TestSigner = World.responderKey
  var certificates: [[UInt8]] = [AnswerRecipe.delegate().signed(by: World.signingAuthority.key)]

  /// The certificate of a delegated responder.
  static func delegate() -> Recipe {
    Recipe(
      serial: Encoder.integer(77), issuer: World.signingAuthority.name, notBefore: Encoder.utc("260401000000Z"),
      notAfter: Encoder.utc("270401000000Z"),
      subject: Encoder.name([("2.5.4.6", "JP"), ("2.5.4.10", "JPKI-SIM"), ("2.5.4.3", "OCSP responder")]),
      publicKeyInfo: World.responderKey.publicKeyInfo,
      extensions: [
        .init(oid: ExtensionID.keyUsage, critical: true, value: Encoder.bits([0x80], unused: 7)),
        .init(oid: ExtensionID.extKeyUsage, value: Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.3.9"))),
        .init(oid: ExtensionID.noCheck, value: Encoder.null),
        .init(
          oid: ExtensionID.authorityKeyIdentifier, value: Encoder.sequence(Encoder.primitive(0, World.signingAuthority.key.identifier))),
      ])
  }

  static func revoked(_ reason: UInt8?) -> [UInt8] {
    Encoder.explicit(1, Encoder.generalized("20260615000000Z"), reason.map { Encoder.explicit(0, Encoder.enumerated($0)) } ?? [])
  }

  mutating func spoilDelegate(_ spoil: (inout Recipe) -> Void) {
    var recipe = Self.delegate()
    spoil(&recipe)
    certificates = [recipe.signed(by: World.signingAuthority.key)]
  }

  /// The one answer about the certificate.
  var single: [UInt8] {
    let certID = Encoder.sequence(hashAlgorithm, Encoder.octets(nameHash), Encoder.octets(keyHash), serial)
    return Encoder.sequence(
      certID, certificateStatus, thisUpdate, nextUpdate.map { Encoder.explicit(0, $0) } ?? [],
      singleExtensions.isEmpty ? [] : Encoder.explicit(1, Encoder.element(0x30, singleExtensions.flatMap { $0 })))
  }

  var der: [UInt8] {
    guard hasBytes else { return Encoder.sequence(Encoder.enumerated(status)) }
    var all = extensions
    if let nonce { all.append(Encoder.extension("1.3.6.1.5.5.7.48.1.2", Encoder.octets(nonce))) }
    let data = Encoder.sequence(
      responder, producedAt, Encoder.element(0x30, otherSingles.flatMap { $0 } + (0..<singleCount).flatMap { _ in single }),
      all.isEmpty ? [] : Encoder.explicit(1, Encoder.element(0x30, all.flatMap { $0 })))
    let basic = Encoder.sequence(
      data, algorithm, Encoder.bits(key.sign(data)),
      certificates.isEmpty ? [] : Encoder.explicit(0, Encoder.element(0x30, certificates.flatMap { $0 })))
    return Encoder.sequence(Encoder.enumerated(status), Encoder.explicit(0, Encoder.sequence(Encoder.oid(type), Encoder.octets(basic))))
  }
}
