import Foundation
import JPKI

/// Authorities and cards of the simulator's environment, made by the tests themselves; the same in every run.
enum World {
  static let signingAuthority = Authority(.signing)
  static let authenticationAuthority = Authority(.authentication)
  /// A younger generation: same name, another key.
  static let youngerSigningAuthority = Authority(.signing, serial: 2)
  static let signingKey = TestKey(named: "signingKey")
  static let authenticationKey = TestKey(named: "authenticationKey")
  static let otherCardKey = TestKey(named: "otherCardKey")
  static let responderKey = TestKey(named: "responderKey")

  /// 2026-07-01T03:00:00Z.
  static let now = Date(timeIntervalSince1970: 1_782_874_800)
  static let trust = makeTrust()
  static let verifier = CardVerifier(trust: trust)
  static let signingAnchor = trust.anchors.first { $0.kind == .signing && $0.subjectKeyIdentifier == signingAuthority.key.identifier }!
  static let authenticationAnchor = trust.anchors.first { $0.kind == .authentication }!
  static let youngerAnchor = trust.anchors.first { $0.subjectKeyIdentifier == youngerSigningAuthority.key.identifier }!

  static let signingCertificate = signingRecipe().signed(by: signingAuthority.key)
  static let authenticationCertificate = authenticationRecipe().signed(by: authenticationAuthority.key)
  static let message = Array("yonjo/onboarding/1 これに署名する".utf8)
  static let signature = signingKey.sign(message)

  private static func makeTrust() -> TrustStore {
    do {
      return try TrustStore(
        environment: .simulator, signing: [signingAuthority.certificate, youngerSigningAuthority.certificate],
        authentication: [authenticationAuthority.certificate])
    } catch {
      preconditionFailure("the tests' own roots are refused: \(error)")
    }
  }

  static func signingRecipe(_ person: CertifiedPerson = CertifiedPerson()) -> Recipe {
    let authority = signingAuthority
    return Recipe(
      issuer: authority.name,
      subject: Encoder.name([
        ("2.5.4.6", "JP"), ("2.5.4.7", "Tokyo-to"), ("2.5.4.7", "Kakuu-shi"), ("2.5.4.3", "2024040109300000001ABCDEFGH1"),
      ]),
      publicKeyInfo: signingKey.publicKeyInfo,
      extensions: [
        .init(oid: ExtensionID.keyUsage, critical: true, value: Encoder.bits([0xC0], unused: 6)),
        .init(oid: ExtensionID.subjectAltName, value: person.generalNames),
        .init(oid: ExtensionID.policies, critical: true, value: policies("1.2.392.200149.8.5.1.1.20")),
        .init(oid: ExtensionID.issuerAltName, value: authority.alternativeName),
        .init(oid: ExtensionID.distributionPoints, value: distributionPoint(.signing)),
        .init(oid: ExtensionID.informationAccess, value: informationAccess),
        .init(oid: ExtensionID.authorityKeyIdentifier, value: authority.keyReference),
        .init(oid: ExtensionID.subjectKeyIdentifier, value: Encoder.octets(signingKey.identifier)),
      ])
  }

  static func authenticationRecipe() -> Recipe {
    let authority = authenticationAuthority
    return Recipe(
      issuer: authority.name, subject: Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", "AB12CD34EF56GH13221003A")]),
      publicKeyInfo: authenticationKey.publicKeyInfo,
      extensions: [
        .init(oid: ExtensionID.keyUsage, critical: true, value: Encoder.bits([0x80], unused: 7)),
        .init(oid: ExtensionID.extKeyUsage, value: Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.3.2"))),
        .init(oid: ExtensionID.policies, critical: true, value: policies("1.2.392.200149.8.5.1.3.30")),
        .init(oid: ExtensionID.issuerAltName, value: authority.alternativeName),
        .init(oid: ExtensionID.distributionPoints, value: distributionPoint(.authentication)),
        .init(oid: ExtensionID.informationAccess, value: informationAccess),
        .init(oid: ExtensionID.authorityKeyIdentifier, value: authority.keyReference),
        .init(oid: ExtensionID.subjectKeyIdentifier, value: Encoder.octets(authenticationKey.identifier)),
      ])
  }

  /// - Parameter notice: the value of a second qualifier, id-qt-unotice.
  static func policies(_ identifier: String, notice: [UInt8]? = nil) -> [UInt8] {
    var qualifiers = Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.2.1"), Encoder.ia5("http://www.jpki.go.jp/cps.html"))
    if let notice { qualifiers += Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.2.2"), notice) }
    return Encoder.sequence(Encoder.sequence(Encoder.oid(identifier), Encoder.sequence(qualifiers)))
  }

  static let informationAccess = Encoder.sequence(
    Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.48.1"), Encoder.primitive(6, Array("http://ocsp.invalid/sign".utf8))))

  static func pointName(_ kind: CertificateKind, organization: String = "JPKI-SIM", city: String = "Kakuu-shi") -> [UInt8] {
    Encoder.explicit(
      4,
      Encoder.name([
        ("2.5.4.6", "JP"), ("2.5.4.10", organization),
        ("2.5.4.11", kind == .signing ? "JPKI for digital signature" : "JPKI for user authentication"),
        ("2.5.4.11", "CRL Distribution Points"),
        ("2.5.4.11", "Tokyo-to"), ("2.5.4.3", city + " CRLDP"),
      ]))
  }

  static func distributionPoint(_ kind: CertificateKind, organization: String = "JPKI-SIM") -> [UInt8] {
    let full = Encoder.explicit(0, pointName(kind, organization: organization))
    return Encoder.sequence(Encoder.sequence(Encoder.explicit(0, full)))
  }

  /// A card signature over `message` as it arrives.
  static func raw(_ signature: [UInt8], certificate: [UInt8]? = signingCertificate) -> CardSignature {
    CardSignature(format: .raw, signature: signature, certificate: certificate)
  }
}

/// A root of the simulator's environment.
struct Authority {
  let kind: CertificateKind
  let key: TestKey
  let name: [UInt8]
  let serial: Int
  let certificate: [UInt8]

  init(_ kind: CertificateKind, serial: Int = 1) {
    self.kind = kind
    self.serial = serial
    key = TestKey(named: "\(kind.rawValue) authority \(serial)")
    name = Self.name(kind)
    certificate = Self.recipe(kind, key: key, serial: serial).signed(by: key)
  }

  static func name(_ kind: CertificateKind, organization: String = "JPKI-SIM") -> [UInt8] {
    Encoder.name([
      ("2.5.4.6", "JP"), ("2.5.4.10", organization),
      ("2.5.4.11", kind == .signing ? "JPKI for digital signature" : "JPKI for user authentication"),
      ("2.5.4.11", "Japan Agency for Local Authority Information Systems"),
    ])
  }

  static func recipe(_ kind: CertificateKind, organization: String = "JPKI-SIM", key: any TestSigner, serial: Int = 1) -> Recipe {
    let name = name(kind, organization: organization)
    let own = Encoder.explicit(0, Encoder.explicit(0, Encoder.explicit(4, name)))
    return Recipe(
      serial: Encoder.integer(serial), issuer: name, notBefore: Encoder.utc("230715150000Z"), notAfter: Encoder.utc("330715145959Z"),
      subject: name,
      publicKeyInfo: key.publicKeyInfo,
      extensions: [
        .init(oid: ExtensionID.keyUsage, critical: true, value: Encoder.bits([0x06], unused: 1)),
        .init(
          oid: ExtensionID.subjectAltName,
          value: Encoder.sequence(Encoder.explicit(4, Encoder.name([("2.5.4.6", "JP"), ("2.5.4.10", "架空認証局")])))),
        .init(oid: ExtensionID.basicConstraints, critical: true, value: Encoder.sequence(Encoder.boolean(true))),
        .init(oid: ExtensionID.distributionPoints, value: Encoder.sequence(Encoder.sequence(own))),
        .init(oid: ExtensionID.subjectKeyIdentifier, value: Encoder.octets(key.identifier)),
      ])
  }

  var alternativeName: [UInt8] { Encoder.sequence(Encoder.explicit(4, Encoder.name([("2.5.4.6", "JP"), ("2.5.4.10", "架空認証局")]))) }

  /// authorityKeyIdentifier for what this root issues.
  var keyReference: [UInt8] { keyReference(serial: serial) }

  func keyReference(serial: Int) -> [UInt8] {
    var number = Encoder.integer(serial)
    number[0] = 0x82
    return Encoder.sequence(Encoder.primitive(0, key.identifier), Encoder.explicit(1, Encoder.explicit(4, name)), number)
  }
}
