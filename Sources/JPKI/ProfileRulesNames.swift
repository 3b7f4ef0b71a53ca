extension ProfileRules {
  static let names: [ProfileRule] = [
    ProfileRule(
      "distributionPoint", leaves, "There is one distribution point: a directory name under the issuer's country, organisation and unit.",
      source: "jpki.md §2, §3", .distributionPoint
    ) { examination in
      guard let name = examination.distributionPoint?.attributes, name.count > 3 else { return false }
      return name.prefix(3).map(\.value) == issuerBeginning(of: examination)
        && name.prefix(3).map(\.type) == [.country, .organization, .organizationalUnit]
    },
    ProfileRule(
      "distributionPoint.municipality", leaves, "The point is … OU=CRL Distribution Points, OU=prefecture, CN=city CRLDP.",
      source: "jpki.md §2", .distributionPoint,
      .middle, .observes
    ) { examination in
      guard let name = examination.distributionPoint?.attributes, name.count == 6 else { return false }
      return name[3].value == "CRL Distribution Points" && name[4].type == .organizationalUnit && name[5].type == .commonName
        && name[5].value.hasSuffix(" CRLDP")
    },
    ProfileRule(
      "informationAccess", [.authentication], "authorityInfoAccess names an OCSP responder.", source: "jpki.md §2", .informationAccess
    ) { !$0.extensions.responders.isEmpty },
    ProfileRule(
      "informationAccess.signing", [.signing], "authorityInfoAccess names an OCSP responder.", source: "jpki.md §3", .informationAccess,
      .middle,
      .observes
    ) { !$0.extensions.responders.isEmpty },
    ProfileRule(
      "subjectKeyIdentifier", [.authentication], "There is a subjectKeyIdentifier.", source: "jpki.md §2", .subjectKeyIdentifier
    ) { $0.extensions.subjectKeyIdentifier != nil },
    ProfileRule(
      "issuerAlternativeName", [.authentication], "issuerAltName is a directory name.", source: "jpki.md §2", .issuerAlternativeName
    ) { $0.extensions.issuerAlternativeNames?.first?.directoryName != nil },
    ProfileRule(
      "order.authentication", [.authentication], "The extensions stand in their order.", source: "jpki.md §2", .extensionMalformed, .high,
      .observes
    ) { $0.fields.extensions.map(\.oid.dotted) == JPKIProfile.authenticationExtensions },
    ProfileRule(
      "subject.form", leaves, "The subject is a name in strict DER, not empty, one attribute in each of its parts.",
      source: "RFC 5280 §4.1.2.4, §4.1.2.6",
      .subjectName
    ) { $0.subject?.attributes.isEmpty == false },
    ProfileRule(
      "subject.authentication", [.authentication], "The subject is C=JP, CN=14 upper alphanumerics, 5-digit municipality code, 003A.",
      source: "jpki.md §2", .subjectName, media: [.card], hasAuthenticationSubject),
    ProfileRule(
      "subject.authentication.phone", [.authentication], "The subject is of the form that a card's certificate has.",
      source: "jpki.md §2, §4", .subjectName, .unknown, .observes, media: phones, hasAuthenticationSubject),
    ProfileRule(
      "subject.signing", [.signing], "The subject is C=JP, L=prefecture, L=city, CN.", source: "jpki.md §3", .subjectName, media: [.card],
      hasSigningSubject),
    ProfileRule(
      "subject.signing.phone", [.signing], "The subject is of the form that a card's certificate has.", source: "jpki.md §3, §4",
      .subjectName, .unknown, .observes, media: phones, hasSigningSubject),
    ProfileRule(
      "subject.signing.commonName", [.signing], "CN is YYYYMMDDhhmmss, a 5-digit sequence and a 9-character window code.",
      source: "jpki.md §3", .subjectName,
      .middle, .observes
    ) { examination in
      let common = Array((examination.subject?.attributes.last?.value ?? "").utf8)
      return common.count == 28 && common[..<19].allSatisfy(isDigit) && common[19...].allSatisfy(isUpperAlphanumeric)
    },
    ProfileRule(
      "subjectAlternativeName.none", [.authentication], "There is no subjectAltName.", source: "jpki.md §2", .subjectAlternativeName
    ) { $0.fields.first(.subjectAltName) == nil },
  ]

  static let items: [ProfileRule] = [
    ProfileRule(
      "items.notCritical", [.signing], "subjectAltName is not critical.", source: "jpki.md §3", .extensionMalformed, .high, .observes
    ) {
      $0.fields.first(.subjectAltName)?.isCritical == false
    },
    ProfileRule("items.once", [.signing], "No item appears twice.", source: "jpki.md §3", .itemDuplicate) {
      $0.itemsAreFree(of: .itemDuplicate)
    },
    ProfileRule(
      "items.encoding", [.signing], "Items are UTF8Strings, not empty, of bounded length, without control characters.",
      source: "jpki.md §3", .itemEncoding
    ) { $0.itemsAreFree(of: .itemEncoding) },
    ProfileRule("items.present", [.signing], "All six otherNames are there.", source: "jpki.md §3", .itemMissing) {
      $0.items != nil && $0.itemsAreFree(of: .itemMissing)
    },
    ProfileRule("items.dateOfBirth", [.signing], "The date of birth is EYYYYMMDD, a day of that era.", source: "jpki.md §3", .dateOfBirth) {
      $0.itemsAreFree(of: .dateOfBirth)
    },
    ProfileRule("items.sex", [.signing], "The sex is 1, 2, 3 or 9.", source: "jpki.md §3", .sex) { $0.itemsAreFree(of: .sex) },
    ProfileRule("items.flags", [.signing], "Substitute flags are one 0 or 1 per character.", source: "jpki.md §3", .substituteFlags) {
      $0.itemsAreFree(of: .substituteFlags)
    },
    ProfileRule(
      "items.order", [.signing], "The otherNames stand in the order .1 .4 .3 .5 .2 .6.", source: "jpki.md §3", .extensionMalformed, .high,
      .observes
    ) {
      examination in
      let types = (examination.extensions.subjectAlternativeNames ?? []).compactMap { name in
        if case .other(let type, _) = name { type.dotted } else { nil }
      }
      return types.filter(JPKIProfile.itemIdentifiers.contains) == JPKIProfile.itemIdentifiers
    },
  ]

  private static let phones: Set<CardMedium> = [.android, .iphone]

  private static func hasAuthenticationSubject(_ examination: Examination) -> Bool {
    guard let name = examination.subject?.attributes, name.map(\.type) == [.country, .commonName], name[0].value == "JP" else {
      return false
    }
    let common = Array(name[1].value.utf8)
    return common.count == 23 && common[..<14].allSatisfy(isUpperAlphanumeric) && common[14..<19].allSatisfy(isDigit)
      && common[19...].elementsEqual("003A".utf8)
  }

  private static func hasSigningSubject(_ examination: Examination) -> Bool {
    guard let name = examination.subject?.attributes else { return false }
    return name.map(\.type) == [.country, .locality, .locality, .commonName] && name[0].value == "JP"
      && name.dropFirst().allSatisfy { !$0.value.isEmpty }
  }

  private static func issuerBeginning(of examination: Examination) -> [String] {
    ["JP", JPKIProfile.organization(examination.environment), JPKIProfile.unit(examination.kind)]
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isUpperAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (byte >= 0x41 && byte <= 0x5A) }
}
