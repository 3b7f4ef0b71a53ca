import COpenSSL
import CitizenItems
import Foundation
import JPKI
import OpenSSLOracle
import Testing

/// Certificates, their profile and their items: nothing that OpenSSL refuses, no item that it reads otherwise.
@Suite(.timeLimit(.minutes(30))) struct CertificateDifferentialTests {
  private static let dictionary: [[UInt8]] =
    ["2.5.29.15", "2.5.29.17", "2.5.29.18", "2.5.29.19", "2.5.29.31", "2.5.29.32", "2.5.29.35", "2.5.29.14", "2.5.29.37"].flatMap { oid in
      [
        Encoder.oid(oid), Encoder.extension(oid, Encoder.null), Encoder.extension(oid, critical: true, Encoder.sequence()),
      ]
    } + [
      Encoder.extension("1.2.392.200149.9.9", critical: true, Encoder.null), Encoder.extension("1.2.392.200149.9.9", Encoder.null),
      Encoder.extension("2.5.29.19", critical: true, Encoder.sequence(Encoder.boolean(true))),
      Encoder.extension("2.5.29.19", Encoder.sequence()),
      Encoder.extension("2.5.29.19", Encoder.sequence(Encoder.integer(0))),
      Encoder.extension("2.5.29.36", critical: true, Encoder.sequence(Encoder.primitive(0, [0]))),
      Encoder.extension("2.5.29.30", critical: true, Encoder.sequence()), Encoder.extension("2.5.29.54", Encoder.integer(-1)),
      Encoder.extension("1.3.6.1.5.5.7.1.24", Encoder.sequence(Encoder.integer(5))),
      Encoder.extension("1.3.6.1.5.5.7.1.14", critical: true, Encoder.sequence()),
      Encoder.bits([0xC0, 0x80], unused: 7), Encoder.bits([0x06], unused: 1), Encoder.bits([0x80], unused: 6),
      CertifiedPerson.otherName(1, Encoder.utf8("別　人")), CertifiedPerson.otherName(1, Encoder.printable("A")),
      CertifiedPerson.otherName(9, Encoder.utf8("フリガナ")), CertifiedPerson.otherName(9, Encoder.sequence()),
      CertifiedPerson.otherName(1, [30, 2, 0x67, 0xB6]), Encoder.explicit(4, World.signingAuthority.name),
      Encoder.explicit(4, Encoder.set()),
      Encoder.explicit(3, Encoder.printable("x")), Encoder.explicit(5, Encoder.explicit(1, Encoder.utf8("party"))),
      Encoder.primitive(1, [0xE9]), Encoder.primitive(7, [1, 2, 3]), Encoder.primitive(8, [0x80]), Encoder.primitive(8, [0x2A]),
      Encoder.oid("1.2.392.200149.8.5.1.1.20"), Encoder.oid("1.2.392.200149.8.5.1.3.30"), Encoder.oid("2.5.29.32.0"),
      Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.2.2"), Encoder.sequence()),
      Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.2.2"), Encoder.integer(1)),
      Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.3.9")), Encoder.algorithm(Algorithm.sha384WithRSA), Encoder.algorithm(Algorithm.pss),
      Encoder.algorithm(Algorithm.rsa, parameters: []),
    ]

  @Test func noSigningCertificatePassesThatOpenSSLRefuses() throws {
    var long = World.signingRecipe()
    long.serial = Encoder.integer([UInt8](repeating: 0xFE, count: 20))
    long.notAfter = Encoder.generalized("20500217145959Z")
    var phone = World.signingRecipe(CertifiedPerson(stranger: CertifiedPerson.otherName(7, Encoder.utf8("カクウ"))))
    phone[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.1.40")
    phone.extensions.append(.init(oid: "1.2.392.200149.9.9", value: Encoder.octets([1])))
    let recipes = [World.signingRecipe(), long, phone]
    try compare("signing-certificate", .signing, recipes, World.signingAuthority.key, SecondOpinion.signing)
  }

  @Test func noAuthenticationCertificatePassesThatOpenSSLRefuses() throws {
    try compare(
      "authentication-certificate", .authentication, [World.authenticationRecipe()], World.authenticationAuthority.key,
      SecondOpinion.authentication)
  }

  private func compare(_ name: String, _ kind: CertificateKind, _ recipes: [Recipe], _ key: TestKey, _ opinion: SecondOpinion) throws {
    let originals = try recipes.map { try Resigned($0.signed(by: key), key: key) }
    // Each mutated certificate is new: nothing is gained by remembering it.
    let verifier = CardVerifier(trust: World.trust, rememberedCertificates: 0)
    try Campaign.run(name, dictionary: Self.dictionary) { mutator in
      originals[mutator.below(originals.count)].spoiled(&mutator)
    } judge: { der in
      guard let ours = try? verifier.verifyCertificate(der, kind: kind, at: World.now) else { return nil }
      return Self.objections(ours, der, opinion)
    }
  }

  private static let policies: [CardMedium: String] = [
    .card: JPKIProfile.signingPolicy, .android: JPKIProfile.signingPhonePolicy, .iphone: JPKIProfile.signingPhonePolicy,
  ]

  private static func objections(_ ours: VerifiedCertificate, _ der: [UInt8], _ opinion: SecondOpinion) -> [String] {
    let policy = ours.kind == .signing ? policies[ours.medium] ?? "" : JPKIProfile.authenticationPolicy
    let (theirs, items, named) = opinion.certificate(der, policy: policy)
    var found = Objections()
    found.demand(theirs.parsed == 1, "OpenSSL cannot read it")
    found.demand(theirs.signature == 1, "OpenSSL finds the signature wrong")
    found.demand(theirs.brokenExtension.isEmpty, "extension \(theirs.brokenExtension) is broken or stands twice")
    found.demand(theirs.flags_are_clean == 1, "OpenSSL calls it invalid, or a critical extension unknown")
    found.demand(theirs.verdict == X509_V_OK, "the path is refused: \(String(cString: X509_verify_cert_error_string(Int(theirs.verdict))))")
    found.demand(theirs.version == 3, "version \(theirs.version)")
    found.demand(theirs.serialBytes == ours.serial.bytes && theirs.serial_is_negative == 0, "another serial number")
    found.demand(theirs.not_before == Int64(ours.notBefore.timeIntervalSince1970), "another notBefore: \(theirs.not_before)")
    found.demand(theirs.not_after == Int64(ours.notAfter.timeIntervalSince1970), "another notAfter: \(theirs.not_after)")
    found.demand(theirs.fingerprintBytes == ours.publicKeyFingerprint, "another public key")
    found.demand(theirs.is_authority == 0, "OpenSSL takes it for an authority")
    found.demand(theirs.responderText == ours.ocspURL ?? "", "another OCSP address")
    found.demand(named.contains(policy), "policies \(named)")
    let usage = ours.kind == .signing ? UInt32(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION) : UInt32(KU_DIGITAL_SIGNATURE)
    found.demand(theirs.key_usage == usage, "key usage \(theirs.key_usage)")
    if ours.kind == .authentication {
      found.demand(theirs.extended_key_usage == UInt32(XKU_SSL_CLIENT), "extended key usage \(theirs.extended_key_usage)")
    }
    compareItems(ours, items, &found)
    return found.all
  }

  private static func compareItems(_ ours: VerifiedCertificate, _ theirs: [SecondOpinion.Item], _ found: inout Objections) {
    guard let items = ours.items else {
      found.demand(ours.kind == .authentication, "no items")
      return
    }
    func demand(_ type: String, _ what: String, _ holds: (String) -> Bool) {
      let values = theirs.filter { $0.type == type }
      let text = values.first?.text.flatMap { String(validating: $0, as: UTF8.self) }
      found.demand(values.count == 1 && text.map(holds) == true, "another \(what)")
    }
    func flags(_ text: CertifiedText) -> String { text.substitutes.map { $0 ? "1" : "0" }.joined() }
    func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }
    demand(JPKIProfile.name, "name") { scalars($0) == scalars(items.name.text) }
    demand(JPKIProfile.address, "address") { scalars($0) == scalars(items.address.text) }
    demand(JPKIProfile.nameFlags, "flags of the name") { $0 == flags(items.name) }
    demand(JPKIProfile.addressFlags, "flags of the address") { $0 == flags(items.address) }
    demand(JPKIProfile.sex, "sex") { $0 == items.sex.code }
    demand(JPKIProfile.dateOfBirth, "date of birth") { $0.dropFirst() == items.dateOfBirth.iso.replacing("-", with: "") }
  }
}
