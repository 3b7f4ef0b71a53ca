import JPKI
import Testing

/// What can be wrong with a CRL, and what it can say.
enum RevocationListCases {
  static func read(_ der: [UInt8], maximumBytes: Int = 1 << 20) -> VerificationReason? {
    reason { () throws(VerificationFailure) in
      _ = try RevocationList(verifying: der, issuer: World.signingAnchor, at: World.now, maximumBytes: maximumBytes)
    }
  }

  /// A list that is not believed.
  private static func list(_ name: String, _ expected: VerificationReason, _ spoil: @escaping @Sendable (inout ListRecipe) -> Void)
    -> ListCase
  {
    ListCase(name: "CRL: " + name, expected: expected) {
      var recipe = ListRecipe()
      spoil(&recipe)
      return recipe.der
    }
  }

  /// What a list that is believed says of a certificate.
  private static func status(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, inForce: UInt64 = 0,
    certificate: @escaping @Sendable () -> VerifiedCertificate? = { card },
    _ spoil: @escaping @Sendable (inout ListRecipe) -> Void
  ) -> RefusalCase {
    RefusalCase("CRL: " + name, result, reason) {
      var recipe = ListRecipe()
      spoil(&recipe)
      guard let list = try? RevocationList(verifying: recipe.der, issuer: World.signingAnchor, at: World.now), let card = certificate()
      else { return nil }
      return list.status(of: card, at: World.now, inForce: inForce).reason
    }
  }

  static var card: VerifiedCertificate? { try? World.verifier.verifyCertificate(World.signingCertificate, kind: .signing, at: World.now) }
  private static let serial = 0x01A2_B3C4

  /// Lists that are refused as a whole, from memory and from a file alike.
  static let recipes: [ListCase] = [
    ListCase(name: "CRL: nothing", expected: .crlMalformed) { [] },
    ListCase(name: "CRL: a certificate", expected: .crlMalformed) { World.signingCertificate },
    ListCase(name: "CRL: larger than its bound", expected: .crlTooLarge, maximumBytes: 100) { ListRecipe().der },
    ListCase(name: "CRL: a byte after it", expected: .crlMalformed) { ListRecipe().der + [0] },
    ListCase(name: "CRL: cut in the middle of its entries", expected: .crlMalformed) { Array(ListRecipe().der[..<220]) },
    list("version 1", .crlMalformed) { $0.version = [] },
    list("no number", .crlMalformed) { $0.number = nil },
    list("a critical number", .crlMalformed) {
      $0.number = nil
      $0.others = [Encoder.extension(ExtensionID.crlNumber, critical: true, Encoder.integer(2026))]
    },
    list("a negative number", .crlMalformed) { $0.number = Encoder.element(2, [0x80]) },
    list("no nextUpdate", .crlMalformed) { $0.nextUpdate = [] },
    list("nextUpdate before thisUpdate", .crlMalformed) { $0.nextUpdate = Encoder.utc("260630000000Z") },
    list("an extension twice", .crlMalformed) { $0.others = [Encoder.extension(ExtensionID.crlNumber, Encoder.integer(1))] },
    list("an entry with a negative serial number", .crlMalformed) { $0.entries[1].serial = Encoder.element(2, [0x80, 0]) },
    list("an entry with a serial number of 22 bytes", .crlMalformed) {
      $0.entries[1].serial = Encoder.integer([UInt8](repeating: 1, count: 22))
    },
    list("an entry with a serial number of 21 bytes", .crlMalformed) {
      $0.entries[1].serial = Encoder.integer([0x80] + [UInt8](repeating: 1, count: 20))
    },
    list("an entry with a serial number that is not minimal", .crlMalformed) { $0.entries[1].serial = Encoder.element(2, [0, 7]) },
    list("an entry without a serial number", .crlMalformed) { $0.entries[1].serial = [] },
    list("an entry with an empty serial number", .crlMalformed) { $0.entries[1].serial = Encoder.element(2, []) },
    list("an entry without a time", .crlMalformed) { $0.entries[1].time = [] },
    list("an entry with a time before 1970", .crlMalformed) { $0.entries[1].time = Encoder.utc("690601000000Z") },
    list("an entry with empty extensions", .crlMalformed) { $0.entries[1].extensions = [[]] },
    list("an entry that is a set", .crlMalformed) {
      $0.wholeEntries = Encoder.element(0x31, Encoder.integer(7) + Encoder.utc("260601000000Z"))
    },
    list("an entry beyond 64 KiB", .crlMalformed) {
      $0.entries[1].extensions.append(Encoder.extension("1.2.392.200149.9.9", Encoder.octets([UInt8](repeating: 0, count: 70_000))))
    },
    list("an empty list of entries", .crlMalformed) { $0.wholeEntries = [] },
    list("a number of nine bytes", .crlMalformed) { $0.number = Encoder.integer([UInt8](repeating: 1, count: 9)) },
    list("an empty authority key identifier", .crlMalformed) { $0.keyIdentifier = [] },
    list("an entry with a time in words", .crlMalformed) { $0.entries[1].time = Encoder.utf8("260601000000Z") },
    list("an entry with an impossible day", .crlMalformed) { $0.entries[1].time = Encoder.utc("260631000000Z") },
    list("an entry with two reasons", .crlMalformed) { $0.entries[0].extensions += $0.entries[0].extensions },
    list("another name", .crlIssuer) { $0.issuer = World.authenticationAuthority.name },
    list("another generation's key", .crlIssuer) { $0.authority = World.youngerSigningAuthority },
    list("signed by a card", .crlSignature) { $0.key = World.signingKey },
    list("signed by another generation under this one's identifier", .crlSignature) { $0.key = World.youngerSigningAuthority.key },
    list("sha1WithRSAEncryption", .crlSignatureAlgorithm) { $0.algorithm = Encoder.algorithm(Algorithm.sha1WithRSA) },
    list("two algorithms", .crlSignatureAlgorithm) { $0.outerAlgorithm = Encoder.algorithm(Algorithm.sha384WithRSA) },
    list("a delta", .crlDelta) { $0.others = [Encoder.extension("2.5.29.27", critical: true, Encoder.integer(2025))] },
    list("an indirect list", .crlIndirect) { $0.point = Encoder.sequence(Encoder.primitive(4, [0xFF])) },
    list("a list of authorities only", .crlPartialScope) { $0.point = Encoder.sequence(Encoder.primitive(2, [0xFF])) },
    list("a list of attribute certificates", .crlPartialScope) { $0.point = Encoder.sequence(Encoder.primitive(5, [0xFF])) },
    list("a list of some reasons", .crlPartialScope) { $0.point = Encoder.sequence(Encoder.primitive(3, [6, 0x40])) },
    list("an empty issuingDistributionPoint", .crlMalformed) { $0.point = Encoder.sequence() },
    list("an unknown critical extension", .crlExtensionUnknownCritical) {
      $0.others = [Encoder.extension("1.2.392.200149.9.9", critical: true, Encoder.null)]
    },
    list("an unknown critical extension of an entry", .crlExtensionUnknownCritical) {
      $0.entries[2].extensions = [
        Encoder.extension("2.5.29.29", critical: true, Encoder.sequence(Encoder.explicit(4, World.authenticationAuthority.name)))
      ]
    },
    list("a reason that is critical", .crlExtensionUnknownCritical) {
      $0.entries[1].extensions = [Encoder.extension("2.5.29.21", critical: true, Encoder.enumerated(4))]
    },
    list("an entry with a list's extension", .crlMalformed) {
      $0.entries[1].extensions = [Encoder.extension("2.5.29.20", Encoder.integer(5))]
    },
    list("an entry with an invalidity date in words", .crlMalformed) {
      $0.entries[1].extensions = [Encoder.extension("2.5.29.24", Encoder.utf8("20260601000000Z"))]
    },
    list("an entry with a hold instruction that is none", .crlMalformed) {
      $0.entries[1].extensions = [Encoder.extension("2.5.29.23", Encoder.null)]
    },
    list("expired", .crlExpired) { $0.nextUpdate = Encoder.utc("260701025959Z") },
    list("of tomorrow", .crlNotYetValid) { $0.thisUpdate = Encoder.utc("260702000000Z") },
  ]

  static let all: [RefusalCase] =
    recipes.map { one in RefusalCase(one.name, .revocationUnknown, one.expected) { read(one.der, maximumBytes: one.bounds.maximumBytes) } }
    + [
      status("changed", .certificateRevoked, .contentChanged) { $0.entries.append(.init(serial, reason: 3)) },
      status("renewed", .certificateRevoked, .ended) { $0.entries.append(.init(serial, reason: 4)) },
      status("use ended", .certificateRevoked, .ended) { $0.entries.append(.init(serial, reason: 5)) },
      status("on hold, which is never released", .certificateRevoked, .ended) { $0.entries.append(.init(serial, reason: 6)) },
      status("without reason", .certificateRevoked, .ended) { $0.entries.append(.init(serial)) },
      status("for a reason of the future", .certificateRevoked, .ended) { $0.entries.append(.init(serial, reason: 42)) },
      status("named twice: the end outweighs the change", .certificateRevoked, .ended) {
        $0.entries += [.init(serial, reason: 3), .init(serial, reason: 5)]
      },
      status("another municipality's part", .revocationUnknown, .crlOfOtherPart) {
        $0.point = ListRecipe.part(World.pointName(.signing, city: "Betsu-shi"))
      },
      status("a list that is older than the one in force", .revocationUnknown, .crlBehind, inForce: 2027) {
        $0.entries.append(.init(serial, reason: 3))
      },
      status(
        "a certificate of the other kind", .revocationUnknown, .crlIssuer,
        certificate: {
          try? World.verifier.verifyCertificate(World.authenticationCertificate, kind: .authentication, at: World.now)
        }
      ) { _ in },
    ]
}

/// A list as bytes, and the one reason it must be refused with.
struct ListCase: Sendable, CustomTestStringConvertible {
  let name: String
  let expected: VerificationReason
  var maximumBytes = 1 << 20
  private let make: @Sendable () -> [UInt8]

  init(name: String, expected: VerificationReason, maximumBytes: Int = 1 << 20, _ make: @escaping @Sendable () -> [UInt8]) {
    self.name = name
    self.expected = expected
    self.maximumBytes = maximumBytes
    self.make = make
  }

  var der: [UInt8] { make() }
  var bounds: RevocationListBounds { RevocationListBounds(maximumBytes: maximumBytes) }
  var testDescription: String { "\(name) → \(expected.rawValue)" }
}
