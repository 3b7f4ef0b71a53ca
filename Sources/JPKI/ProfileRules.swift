/// The profile as a table, in the order in which it is checked: trust, then form, then time. Verifier, `certificate explain` and tests read the same table.
public enum ProfileRules {
  /// All rules.
  public static let all: [ProfileRule] = reading + trust + fields + usage + names + items + time + root

  /// What a certificate is, as far as it decides which rules apply.
  struct Applicability: Hashable {
    let role: ProfileRule.Role
    let medium: CardMedium
    let version: ProfileVersion
  }

  /// The rules for one role, medium and version of the profile, in order. Roots know no medium. Those about the
  /// certificate's bytes, `reading`, come before all of them.
  public static func rules(for role: ProfileRule.Role, medium: CardMedium = .card, version: ProfileVersion = .rsa2048) -> [ProfileRule] {
    tables[Applicability(role: role, medium: medium, version: version)] ?? []
  }

  private static let tables: [Applicability: [ProfileRule]] = {
    var tables: [Applicability: [ProfileRule]] = [:]
    for role in ProfileRule.Role.allCases {
      for medium in CardMedium.allCases {
        for version in ProfileVersion.allCases {
          tables[Applicability(role: role, medium: medium, version: version)] = all.dropFirst(reading.count).filter {
            $0.roles.contains(role) && (role == .root || $0.media.contains(medium)) && $0.versions.contains(version)
          }
        }
      }
    }
    return tables
  }()

  /// The rules that apply to a certificate.
  static func rules(for examination: Examination) -> [ProfileRule] {
    rules(for: examination.role, medium: examination.medium, version: examination.version)
  }

  /// The first rule that refuses.
  static func firstBreach(in examination: Examination) -> ProfileRule? {
    rules(for: examination).first { $0.enforcement == .refuses && !$0.holds(examination) }
  }

  /// Every rule for a certificate that was taken apart, and what it found.
  static func findings(in examination: Examination) -> [RuleFinding] {
    (reading + rules(for: examination)).map { rule in
      switch rule.need {
      case .anchors where examination.trust == nil, .anchor where examination.anchor == nil: .notExamined(rule)
      default: RuleFinding(rule: rule, holds: rule.holds(examination))
      }
    }
  }

  /// What must hold before a certificate is taken apart.
  static let reading = [size, form]

  /// The bound on its size.
  static let size = ProfileRule(
    "size", "The certificate has at most 16 KiB.", source: "a bound of our own; jpki.md §5", .certificateTooLarge
  ) { $0.count <= JPKIProfile.maximumCertificateBytes }

  /// Its being readable at all.
  static let form = ProfileRule(
    "form", "The certificate is strict DER of the form of X.509, and nothing follows it.", source: "RFC 5280 §4.1; X.690 §10",
    .certificateMalformed
  ) { (try? CertificateFields($0)) != nil }

  static let leaves: Set<ProfileRule.Role> = [.signing, .authentication]

  private static let trust: [ProfileRule] = [
    ProfileRule(
      "issuer.kind", leaves, "The issuer's name is not that of the other kind of certificate.", source: "jpki.md §1",
      .certificateOfOtherKind
    ) { $0.fields.der[$0.fields.issuer.whole] != $0.otherIssuerName[...] },
    ProfileRule(
      "issuer.name", leaves, "The issuer's name is byte for byte that of this environment and kind.",
      source: "jpki.md §1, §5; RFC 5280 §4.1.2.4",
      .issuerName
    ) { $0.fields.der[$0.fields.issuer.whole] == $0.issuerName[...] },
    ProfileRule(
      "issuer.keyIdentifier", leaves, "authorityKeyIdentifier names the issuer's key.", source: "RFC 5280 §4.2.1.1; jpki.md §1",
      .authorityKeyIdentifier
    ) { $0.extensions.authorityKey?.keyIdentifier != nil },
    ProfileRule(
      "issuer.known", leaves, "An anchor of this kind bears that key identifier.", source: "jpki.md §1", .issuerUnknown, needs: .anchors
    ) {
      $0.anchor != nil
    },
    ProfileRule(
      "issuer.certificate", leaves, "Issuer and serial number in authorityKeyIdentifier, where given, are the anchor's.",
      source: "RFC 5280 §4.2.1.1; jpki.md §2", .authorityKeyIdentifier, needs: .anchor
    ) { examination in
      guard let anchor = examination.anchor, let named = examination.extensions.authorityKey else { return false }
      guard let issuer = named.issuer, let serial = named.serial else { return true }
      return issuer == anchor.subject && serial == anchor.serial
    },
    ProfileRule(
      "signature.algorithm", ProfileRules.leaves.union([.root]),
      "The certificate is signed with sha256WithRSAEncryption, named twice alike.",
      source: "RFC 5280 §4.1.1.2, §4.1.2.3; jpki.md §1", .signatureAlgorithm, versions: [.rsa2048]
    ) { $0.fields.algorithmsAgree && ProfileVersion.rsa2048.signs(as: $0.fields.outerAlgorithm) },
    ProfileRule(
      "signature.algorithm.p384", ProfileRules.leaves.union([.root]),
      "The certificate is signed with ecdsa-with-SHA384 without parameters, named twice alike.",
      source: "RFC 5758 §3.2; RFC 5280 §4.1.1.2, §4.1.2.3; jpki.md §4", .signatureAlgorithm, versions: [.p384]
    ) { $0.fields.algorithmsAgree && ProfileVersion.p384.signs(as: $0.fields.outerAlgorithm) },
    ProfileRule(
      "issuer.signature", leaves, "The anchor's key signed the certificate.", source: "RFC 5280 §6.1.3 (a)(1)", .issuerSignature,
      needs: .anchor
    ) {
      $0.isSignedByAnchor
    },
  ]

  private static let time: [ProfileRule] = [
    ProfileRule("validity.begun", leaves, "notBefore has come.", source: "RFC 5280 §6.1.3 (a)(2)", .certificateNotYetValid) {
      $0.fields.notBefore.seconds <= $0.instant
    },
    ProfileRule(
      "validity.notOver", leaves, "notAfter, the last second, has not passed.", source: "RFC 5280 §6.1.3 (a)(2); jpki.md §2",
      .certificateExpired
    ) { $0.instant <= $0.fields.notAfter.seconds },
    ProfileRule("issuer.valid", leaves, "The anchor is valid.", source: "jpki.md §1", .issuerNotValid, needs: .anchor) { examination in
      guard let anchor = examination.anchor else { return false }
      return anchor.notBefore.wholeSeconds <= examination.instant && examination.instant <= anchor.notAfter.wholeSeconds
    },
    ProfileRule(
      "validity.endOfDay", ProfileRules.leaves.union([.root]), "notAfter is 23:59:59 in Japan.", source: "jpki.md §2", .validityEncoding,
      .middle,
      .observes
    ) { ($0.fields.notAfter.seconds + 9 * 3600) % 86_400 == 86_399 },
  ]
}
