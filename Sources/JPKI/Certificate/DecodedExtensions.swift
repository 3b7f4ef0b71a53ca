/// The extensions that the profile knows, decoded once. A content that is not well formed counts as absent and is noted.
struct DecodedExtensions {
  struct KeyUsage: OptionSet {
    let rawValue: UInt16
    static let digitalSignature = KeyUsage(rawValue: 0x8000)
    static let nonRepudiation = KeyUsage(rawValue: 0x4000)
    static let keyCertSign = KeyUsage(rawValue: 0x0400)
    static let cRLSign = KeyUsage(rawValue: 0x0200)
  }
  struct BasicConstraints {
    let isAuthority: Bool
    let hasPathLength: Bool
  }
  struct AuthorityKey {
    let keyIdentifier: [UInt8]?
    let issuer: [UInt8]?
    let serial: [UInt8]?
  }
  struct Policy {
    let identifier: OID
    let statement: String?
  }

  private(set) var keyUsage: KeyUsage?
  private(set) var extendedKeyUsage: [OID]?
  private(set) var policies: [Policy]?
  private(set) var basicConstraints: BasicConstraints?
  private(set) var authorityKey: AuthorityKey?
  private(set) var subjectKeyIdentifier: [UInt8]?
  private(set) var subjectAlternativeNames: [GeneralName]?
  private(set) var issuerAlternativeNames: [GeneralName]?
  /// fullName of each point; empty for a point that has none.
  private(set) var distributionPoints: [[GeneralName]]?
  /// The GeneralName of the first point's first name, in DER.
  private(set) var distributionPointBytes: [UInt8]?
  private(set) var responders: [String] = []
  private(set) var hasNoCheck = false
  private(set) var areWellFormed = true
  private(set) var areUnique = true
  private(set) var knowsAllCritical = true

  init(_ extensions: [CertificateExtension]) {
    for (index, one) in extensions.enumerated() {
      // Few: comparing each with each costs less than a set.
      if extensions[..<index].contains(where: { $0.oid == one.oid }) {
        areUnique = false
        continue
      }
      do throws(DERError) {
        let handled = try decode(one)
        if one.isCritical && !handled { knowsAllCritical = false }
      } catch {
        areWellFormed = false
      }
    }
  }

  /// Whether the extension may be critical, that is, its meaning is honoured here.
  private mutating func decode(_ one: CertificateExtension) throws(DERError) -> Bool {
    switch one.oid {
    case .keyUsage:
      let bits = try one.element(DERTag.bitString).namedBits()
      guard bits != 0 else { throw .value }
      keyUsage = KeyUsage(rawValue: bits)
      return true
    case .extKeyUsage:
      extendedKeyUsage = try Self.purposes(one.element(DERTag.sequence))
      return true
    case .certificatePolicies:
      policies = try Self.policies(one.element(DERTag.sequence))
      return true
    case .basicConstraints:
      basicConstraints = try Self.constraints(one.element(DERTag.sequence))
      return true
    case .subjectAltName:
      subjectAlternativeNames = try GeneralName.list(one.element(DERTag.sequence))
      return true
    case .crlDistributionPoints:
      try readPoints(one.element(DERTag.sequence))
      return true
    case .issuerAltName:
      issuerAlternativeNames = try GeneralName.list(one.element(DERTag.sequence))
    case .authorityKeyIdentifier:
      authorityKey = try Self.authority(one.element(DERTag.sequence))
    case .subjectKeyIdentifier:
      subjectKeyIdentifier = try Self.keyIdentifier(one.element(DERTag.octetString))
    case .authorityInfoAccess:
      responders = try Self.responders(one.element(DERTag.sequence))
    case .ocspNoCheck:
      try one.element(DERTag.null).null()
      hasNoCheck = true
    // Of certificates that others are issued under (RFC 5280 §4.2.1.5, .10, .11, .14): no certificate here has them.
    case .nameConstraints, .policyMappings, .policyConstraints, .inhibitAnyPolicy: throw .value
    default: break
    }
    return false
  }

  private static func keyIdentifier(_ element: DERElement) throws(DERError) -> [UInt8] {
    guard (1...64).contains(element.content.count) else { throw .value }
    return element.contentBytes
  }

  private static func purposes(_ element: DERElement) throws(DERError) -> [OID] {
    var reader = try element.reader()
    var purposes: [OID] = []
    while !reader.isAtEnd { purposes.append(try reader.element(DERTag.oid).oid()) }
    guard !purposes.isEmpty else { throw .value }
    return purposes
  }

  /// RFC 5280 §4.2.1.4.
  private static func policies(_ element: DERElement) throws(DERError) -> [Policy] {
    var reader = try element.reader()
    var policies: [Policy] = []
    while !reader.isAtEnd {
      var one = try reader.element(DERTag.sequence).reader()
      let identifier = try one.element(DERTag.oid).oid()
      var statement: String?
      if let list = try one.optional(DERTag.sequence) {
        var qualifiers = try list.reader()
        guard !qualifiers.isAtEnd else { throw .value }
        while !qualifiers.isAtEnd {
          var qualifier = try qualifiers.element(DERTag.sequence).reader()
          let type = try qualifier.element(DERTag.oid).oid()
          let value = try qualifier.element()
          try qualifier.finish()
          switch type {
          case .cpsQualifier:
            guard value.tag == DERTag.ia5String else { throw .tag }
            statement = try value.ascii()
          case .userNoticeQualifier: try Self.checkUserNotice(value)
          default: continue
          }
        }
      }
      try one.finish()
      // A policy appears once (§4.2.1.4).
      guard !policies.contains(where: { $0.identifier == identifier }), policies.count < 32 else { throw .value }
      policies.append(Policy(identifier: identifier, statement: statement))
    }
    guard !policies.isEmpty else { throw .value }
    return policies
  }

  /// UserNotice (RFC 5280 §4.2.1.4): what it says is for people, that it can be read is for us.
  private static func checkUserNotice(_ element: DERElement) throws(DERError) {
    guard element.tag == DERTag.sequence else { throw .tag }
    var reader = try element.reader()
    if let reference = try reader.optional(DERTag.sequence) {
      var parts = try reference.reader()
      guard DERTag.displayTexts.contains(try parts.element().tag) else { throw .tag }
      var numbers = try parts.element(DERTag.sequence).reader()
      while !numbers.isAtEnd { _ = try numbers.element(DERTag.integer).integerContent() }
      try parts.finish()
    }
    if !reader.isAtEnd { guard DERTag.displayTexts.contains(try reader.element().tag) else { throw .tag } }
    try reader.finish()
  }

  /// RFC 5280 §4.2.1.9: no path length unless of an authority.
  private static func constraints(_ element: DERElement) throws(DERError) -> BasicConstraints {
    var reader = try element.reader()
    var isAuthority = false
    if let flag = try reader.optional(DERTag.boolean) {
      guard try flag.boolean() else { throw .value }
      isAuthority = true
    }
    let length = try reader.optional(DERTag.integer)
    _ = try length.map { number throws(DERError) in try number.smallInteger() }
    try reader.finish()
    guard isAuthority || length == nil else { throw .value }
    return BasicConstraints(isAuthority: isAuthority, hasPathLength: length != nil)
  }

  /// RFC 5280 §4.2.1.1: issuer and serial number stand together or not at all.
  static func authority(_ element: DERElement) throws(DERError) -> AuthorityKey {
    var reader = try element.reader()
    let key = try reader.optional(DERTag.context(0)).map { field throws(DERError) in try keyIdentifier(field) }
    let names = try reader.optional(DERTag.contextConstructed(1)).map { field throws(DERError) in try GeneralName.list(field) }
    let serial = try reader.optional(DERTag.context(2)).map { field throws(DERError) in try Array(field.bytes[field.integerContent()]) }
    try reader.finish()
    guard (names == nil) == (serial == nil) else { throw .value }
    guard let names else { return AuthorityKey(keyIdentifier: key, issuer: nil, serial: nil) }
    // Only a directory name can be compared with the issuer's.
    guard names.count == 1, let name = names[0].directoryName else { throw .value }
    return AuthorityKey(keyIdentifier: key, issuer: name.wholeBytes, serial: serial)
  }

  /// RFC 5280 §4.2.1.13; reasons and cRLIssuer are not used by the profile.
  private mutating func readPoints(_ element: DERElement) throws(DERError) {
    var reader = try element.reader()
    var points: [[GeneralName]] = []
    while !reader.isAtEnd {
      var point = try reader.element(DERTag.sequence).reader()
      var names: [GeneralName] = []
      if let wrapper = try point.optional(DERTag.contextConstructed(0)) {
        var choice = try wrapper.reader()
        let full = try choice.element(DERTag.contextConstructed(0))
        try choice.finish()
        names = try GeneralName.list(full)
        var first = try full.reader()
        if points.isEmpty { distributionPointBytes = try first.element().wholeBytes }
      }
      try point.finish()
      points.append(names)
      guard points.count <= 16 else { throw .length }
    }
    guard !points.isEmpty else { throw .value }
    distributionPoints = points
  }

  private static func responders(_ element: DERElement) throws(DERError) -> [String] {
    var reader = try element.reader()
    var found: [String] = []
    guard !reader.isAtEnd else { throw .value }
    while !reader.isAtEnd {
      var access = try reader.element(DERTag.sequence).reader()
      let method = try access.element(DERTag.oid).oid()
      let location = try GeneralName(access.element())
      try access.finish()
      if method == .ocspAccess, case .uri(let uri) = location, uri.utf8.count <= 512 { found.append(uri) }
      guard found.count <= 16 else { throw .length }
    }
    return found
  }
}
