import Foundation
import JPKI
import Testing

/// Paths of several hops, as OpenSSL judges them.
struct PathTests {
  private func validate(
    _ certificate: [UInt8] = PathWorld.certificate, _ material: PathMaterial? = nil, at: Date = World.now
  ) throws -> PathResult {
    try CertificationPath.validate(certificate, with: material ?? PathWorld.material(), at: at)
  }

  @Test func aPathOfSeveralHopsIsBuiltWhateverTheOrder() throws {
    let result = try validate()
    #expect(result.isValid)
    #expect(result.error == 0)
    #expect(!result.checksRevocation)
    #expect(result.chain.map(\.input) == [.certificate, .intermediate, .intermediate, .anchor])
    #expect(result.chain.map(\.position) == [1, 1, 2, 1])
    #expect(result.chain.allSatisfy { $0.keyBits == 112 && $0.signatureBits == 112 || $0.signatureBits == 128 })
  }

  @Test func aCardsCertificateAndItsRootMakeAPath() throws {
    for (certificate, authority) in [
      (World.signingCertificate, World.signingAuthority), (World.authenticationCertificate, World.authenticationAuthority),
    ] {
      let material = try PathWorld.material(anchors: [authority.certificate], intermediates: [])
      #expect(try validate(certificate, material).isValid)
    }
    // Two generations of one name: the key decides.
    let generations = [World.youngerSigningAuthority.certificate, World.signingAuthority.certificate]
    let result = try validate(World.signingCertificate, PathWorld.material(anchors: generations, intermediates: []))
    #expect(result.isValid)
    #expect(result.chain.last?.position == 2)
    let younger = try PathWorld.material(anchors: [World.youngerSigningAuthority.certificate], intermediates: [])
    #expect(try !validate(World.signingCertificate, younger).isValid)
  }

  struct Broken: Sendable, CustomTestStringConvertible {
    let name: String
    let error: Int
    let depth: Int
    let certificate: @Sendable () -> [UInt8]
    let material: @Sendable () throws -> PathMaterial
    let at: Date
    var testDescription: String { name }

    init(
      _ name: String, _ error: Int, depth: Int = 0, at: Date = World.now,
      material: @escaping @Sendable () throws -> PathMaterial = { try PathWorld.material() },
      certificate: @escaping @Sendable () -> [UInt8] = { PathWorld.certificate }
    ) {
      (self.name, self.error, self.depth, self.certificate, self.material, self.at) = (name, error, depth, certificate, material, at)
    }
  }

  /// One spoiled authority between, and somebody below it.
  private static func below(_ name: String, _ error: Int, depth: Int = 1, _ spoil: @escaping @Sendable (inout Recipe) -> Void) -> Broken {
    let authority = PathAuthority("Spoiled", below: PathWorld.root, spoil: spoil)
    return Broken(
      name, error, depth: depth, material: { try PathWorld.material(intermediates: [authority.certificate]) },
      certificate: { authority.certificate() })
  }

  static let broken: [Broken] = [
    Broken("an issuer is missing", 20, depth: 1, material: { try PathWorld.material(intermediates: [PathWorld.lower.certificate]) }),
    Broken(
      "the root is no anchor", 19, depth: 3,
      material: {
        try PathWorld.material(
          anchors: [World.signingAuthority.certificate],
          intermediates: [PathWorld.lower.certificate, PathWorld.middle.certificate, PathWorld.root.certificate])
      }),
    Broken("before its time", 9, certificate: { PathWorld.lower.certificate { $0.notBefore = Encoder.utc("260701030001Z") } }),
    Broken("after its time", 10, certificate: { PathWorld.lower.certificate { $0.notAfter = Encoder.utc("260701025959Z") } }),
    Broken("after the root's time", 10, depth: 3, at: Date("2030-01-01T00:00:00Z")),
    Broken(
      "a damaged signature", 7,
      certificate: {
        var der = PathWorld.certificate
        der[der.count - 1] ^= 1
        return der
      }),
    Broken(
      "an unknown critical extension", 34,
      certificate: {
        PathWorld.lower.certificate { $0.extensions.append(.init(oid: "1.2.3.4", critical: true, value: Encoder.null)) }
      }),
    Broken(
      "an RSA key of 1024 bits", 66,
      certificate: {
        let key = TestKey(bits: 1024)
        return PathWorld.lower.certificate {
          $0.publicKeyInfo = key.publicKeyInfo
          $0[ExtensionID.subjectKeyIdentifier] = nil
        }
      }),
    below("the issuer is no authority", 79) { $0[ExtensionID.basicConstraints]?.value = Encoder.sequence() },
    below("the issuer may not sign certificates", 79) { $0[ExtensionID.keyUsage]?.value = Encoder.bits([0x02], unused: 1) },
    below("basicConstraints of the issuer not critical", 89) { $0[ExtensionID.basicConstraints]?.critical = false },
    below("the issuer without a key identifier", 86) { $0[ExtensionID.subjectKeyIdentifier] = nil },
    below("a policy demanded, and none there", 43, depth: 0) {
      $0.extensions.append(.init(oid: "2.5.29.36", critical: true, value: Encoder.sequence(Encoder.primitive(0, [0]))))
    },
    Broken(
      "more hops than the issuer allows", 25, depth: 2,
      material: { try PathWorld.material(intermediates: [narrow.certificate, beyond.certificate]) }, certificate: { beyond.certificate() }),
  ]

  /// An authority that may have none below, and one below it.
  private static let narrow = PathAuthority("Narrow", below: PathWorld.root) {
    $0[ExtensionID.basicConstraints]?.value = Encoder.sequence(Encoder.boolean(true), Encoder.integer(0))
  }
  private static let beyond = PathAuthority("Beyond", below: narrow)

  @Test(arguments: broken) func aBrokenPathIsNotValid(_ one: Broken) throws {
    let result = try CertificationPath.validate(one.certificate(), with: one.material(), at: one.at)
    #expect(!result.isValid)
    #expect(result.error == one.error)
    #expect(result.depth == one.depth)
    #expect(!result.reason.isEmpty)
  }

  // MARK: revocation

  private static let lists = [PathWorld.root.list(), PathWorld.middle.list(), PathWorld.lower.list()]

  @Test func everyCertificateOfThePathIsLookedUpOnceThereIsAList() throws {
    let result = try validate(PathWorld.certificate, PathWorld.material(lists: Self.lists))
    #expect(result.isValid)
    #expect(result.checksRevocation)
  }

  struct Listed: Sendable, CustomTestStringConvertible {
    let name: String
    let error: Int
    let depth: Int
    let lists: [[UInt8]]
    var testDescription: String { name }
  }

  static let listed = [
    Listed(name: "the certificate is revoked", error: 23, depth: 0, lists: lists.dropLast() + [PathWorld.lower.list(revoking: [5])]),
    Listed(name: "an issuer is revoked", error: 23, depth: 2, lists: [PathWorld.root.list(revoking: [2])] + lists.dropFirst()),
    Listed(name: "no list of one issuer", error: 3, depth: 0, lists: Array(lists.dropLast())),
    Listed(name: "no list of the root", error: 3, depth: 2, lists: Array(lists.dropFirst())),
    Listed(
      name: "a list out of date", error: 12, depth: 0, lists: lists.dropLast() + [PathWorld.lower.list(nextUpdate: "260630120000Z")]),
    Listed(
      name: "a list that another key signed", error: 8, depth: 0,
      lists: lists.dropLast() + [Array(PathWorld.lower.list().dropLast(16)) + [UInt8](repeating: 7, count: 16)]),
    Listed(
      name: "a list for authorities alone", error: 44, depth: 0,
      lists: lists.dropLast() + [
        PathWorld.lower.list(others: [Encoder.extension("2.5.29.28", critical: true, Encoder.sequence(Encoder.primitive(2, [0xFF])))])
      ]),
    Listed(
      name: "a list with an unknown critical extension", error: 36, depth: 0,
      lists: lists.dropLast() + [PathWorld.lower.list(others: [Encoder.extension("1.2.3.4", critical: true, Encoder.null)])]),
  ]

  @Test(arguments: listed) func aListThatDoesNotClearEveryCertificateMakesThePathInvalid(_ one: Listed) throws {
    let result = try validate(PathWorld.certificate, PathWorld.material(lists: one.lists))
    #expect(!result.isValid)
    #expect(result.error == one.error)
    #expect(result.depth == one.depth)
  }

  @Test func aDeltaAddsToTheListItBelongsTo() throws {
    let base = PathWorld.lower.list(others: [Encoder.extension("2.5.29.46", Encoder.sequence())])
    let delta = PathWorld.lower.list(
      revoking: [5], number: 2, others: [Encoder.extension("2.5.29.27", critical: true, Encoder.integer(1))])
    #expect(try validate(PathWorld.certificate, PathWorld.material(lists: Self.lists.dropLast() + [base])).isValid)
    let material = try PathWorld.material(lists: Self.lists.dropLast() + [base, delta])
    #expect(try validate(PathWorld.certificate, material).error == 23)
  }

  // MARK: what is handed in

  @Test func PEMMayHoldSeveralAndOtherThings() throws {
    func armored(_ der: [UInt8], _ label: String = "CERTIFICATE") -> String {
      "-----BEGIN \(label)-----\n\(Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed]))\n-----END \(label)-----\n"
    }
    var material = PathMaterial()
    let file =
      "0 people read this first\r\n" + armored(PathWorld.lower.certificate) + armored([1, 2], "X509 CRL")
      + armored(PathWorld.middle.certificate)
    #expect(try material.add(file: Array(file.utf8), as: .intermediate) == 2)
    try material.add(file: Array(armored(PathWorld.root.certificate).utf8), as: .anchor)
    let certificate = try PathMaterial.certificate(file: Array(armored(PathWorld.certificate).utf8))
    #expect(certificate == PathWorld.certificate)
    #expect(try CertificationPath.validate(certificate, with: material, at: World.now).isValid)
  }

  @Test func whatCannotBeReadIsNamed() throws {
    var material = PathMaterial()
    #expect(throws: PathInputError.empty(.anchor)) { try material.add(file: Array("nothing".utf8), as: .anchor) }
    #expect(throws: PathInputError.empty(.revocationList)) { try material.add(file: [], as: .revocationList) }
    #expect(throws: PathInputError.armor(.anchor)) {
      try material.add(file: Array("-----BEGIN CERTIFICATE-----\n?!\n-----END CERTIFICATE-----\n".utf8), as: .anchor)
    }
    #expect(throws: PathInputError.armor(.anchor)) {
      try material.add(file: Array("-----BEGIN CERTIFICATE-----\nMIIB\n".utf8), as: .anchor)
    }
    #expect(throws: PathInputError.malformed(.intermediate, position: 3)) {
      try validate(
        PathWorld.certificate, PathWorld.material(intermediates: [PathWorld.lower.certificate, PathWorld.middle.certificate, [0x30, 0]]))
    }
    #expect(throws: PathInputError.malformed(.revocationList, position: 1)) {
      try validate(PathWorld.certificate, PathWorld.material(lists: [PathWorld.certificate]))
    }
    #expect(throws: PathInputError.malformed(.certificate, position: 1)) { try validate(PathWorld.certificate + [0]) }
    #expect(throws: PathInputError.anchorNotSelfSigned(position: 2)) {
      try validate(PathWorld.certificate, PathWorld.material(anchors: [PathWorld.root.certificate, PathWorld.middle.certificate]))
    }
  }

  @Test func thereAreLimits() throws {
    let large = [UInt8](repeating: 0x30, count: PathInput.intermediate.maximumBytes + 1)
    #expect(throws: PathInputError.tooLarge(.intermediate)) { try PathWorld.material(intermediates: [large]) }
    #expect(throws: PathInputError.tooLarge(.certificate)) { try PathMaterial.certificate(file: large) }
    #expect(throws: PathInputError.tooMany(.anchor)) {
      try PathWorld.material(anchors: Array(repeating: PathWorld.root.certificate, count: PathInput.anchor.maximumCount + 1))
    }
    let half = [UInt8](repeating: 0x30, count: PathInput.revocationList.maximumBytes / 2)
    #expect(throws: PathInputError.tooLarge(.revocationList)) { try PathWorld.material(lists: [half, half, [0x30]]) }

    // One more hop than is followed.
    var authorities = [PathWorld.root]
    for number in 0...CertificationPath.maximumIntermediates {
      authorities.append(PathAuthority("Hop \(number)", below: authorities[number], key: World.responderKey))
    }
    let material = try PathWorld.material(intermediates: authorities.dropFirst().map(\.certificate))
    #expect(try validate(authorities[authorities.count - 2].certificate(), material).isValid)
    #expect(try validate(authorities[authorities.count - 1].certificate(), material).error == 22)
  }
}
