/// A CRL taken apart, all but its entries (RFC 5280 §5.1). Nothing in it is believed before its signature is verified.
struct RevocationListFields {
  let tbs: Range<Int>
  let algorithm: AlgorithmIdentifier
  let algorithmsAgree: Bool
  let signature: Range<Int>
  let issuer: DERElement
  let thisUpdate: CertificateTime
  let nextUpdate: CertificateTime
  /// The entries, unread; empty where there are none.
  let entries: Range<Int>
  let extensions: [CertificateExtension]

  init(_ der: [UInt8]) throws(DERError) {
    var outer = DERReader(der)
    var list = try outer.element(DERTag.sequence).reader()
    try outer.finish()
    let tbsElement = try list.element(DERTag.sequence)
    let outerAlgorithm = try list.element()
    algorithm = try AlgorithmIdentifier(outerAlgorithm)
    signature = try list.element(DERTag.bitString).bitStringBytes()
    try list.finish()
    tbs = tbsElement.whole

    var reader = try tbsElement.reader()
    // Version 2: lists carry extensions.
    guard try reader.element(DERTag.integer).smallInteger() == 1 else { throw .value }
    let innerAlgorithm = try reader.element()
    algorithmsAgree = der[innerAlgorithm.whole] == der[outerAlgorithm.whole]
    issuer = try reader.element(DERTag.sequence)
    thisUpdate = try CertificateTime(reader.element())
    // RFC 5280 §5.1.2.5: conforming lists have it, whatever the syntax allows.
    nextUpdate = try CertificateTime(reader.element())
    if let sequence = try reader.optional(DERTag.sequence) {
      // "MUST be absent" when nothing is revoked (§5.1.2.6).
      guard !sequence.content.isEmpty else { throw .value }
      entries = sequence.content
    } else {
      entries = 0..<0
    }
    guard let wrapped = try reader.optional(DERTag.contextConstructed(0)) else { throw .truncated }
    extensions = try CertificateExtension.list(in: wrapped)
    try reader.finish()
  }
}

/// IssuingDistributionPoint (RFC 5280 §5.2.5).
struct IssuingDistributionPoint {
  /// GeneralNames of fullName in DER, empty where there is no name.
  let names: [[UInt8]]
  let hasRelativeName: Bool
  let onlyUsers: Bool
  let onlyAuthorities: Bool
  let onlySomeReasons: Bool
  let isIndirect: Bool
  let onlyAttributes: Bool

  init(_ element: DERElement) throws(DERError) {
    var reader = try element.reader()
    // An empty one says nothing, which §5.2.5 forbids.
    guard !reader.isAtEnd else { throw .value }
    var names: [[UInt8]] = []
    var hasRelativeName = false
    if let point = try reader.optional(DERTag.contextConstructed(0)) {
      var choice = try point.reader()
      if let full = try choice.optional(DERTag.contextConstructed(0)) {
        _ = try GeneralName.list(full)
        var list = try full.reader()
        while !list.isAtEnd { names.append(try list.element().wholeBytes) }
      } else {
        _ = try choice.element(DERTag.contextConstructed(1))
        hasRelativeName = true
      }
      try choice.finish()
    }
    self.names = names
    self.hasRelativeName = hasRelativeName
    onlyUsers = try Self.flag(&reader, 1)
    onlyAuthorities = try Self.flag(&reader, 2)
    onlySomeReasons = try reader.optional(DERTag.context(3)) != nil
    isIndirect = try Self.flag(&reader, 4)
    onlyAttributes = try Self.flag(&reader, 5)
    try reader.finish()
  }

  private static func flag(_ reader: inout DERReader, _ number: UInt8) throws(DERError) -> Bool {
    guard let field = try reader.optional(DERTag.context(number)) else { return false }
    guard try field.boolean() else { throw .value }
    return true
  }
}
