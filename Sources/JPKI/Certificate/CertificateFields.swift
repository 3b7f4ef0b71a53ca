/// A certificate taken apart (RFC 5280 §4.1): where each part stands. Judges nothing beyond its being DER of that shape; the rules judge.
struct CertificateFields {
  let der: [UInt8]
  let tbs: Range<Int>
  /// 1, 2 or 3.
  let version: Int
  let serial: DERElement
  let innerAlgorithm: AlgorithmIdentifier
  let outerAlgorithm: AlgorithmIdentifier
  let algorithmsAgree: Bool
  let issuer: DERElement
  let subject: DERElement
  let notBefore: CertificateTime
  let notAfter: CertificateTime
  let publicKey: SubjectPublicKey
  let hasUniqueIdentifiers: Bool
  let extensions: [CertificateExtension]
  let signature: Range<Int>

  init(_ der: [UInt8]) throws(DERError) {
    self.der = der
    var outer = DERReader(der)
    let certificate = try outer.element(DERTag.sequence)
    try outer.finish()
    var parts = try certificate.reader()
    let tbsElement = try parts.element(DERTag.sequence)
    let outerElement = try parts.element()
    outerAlgorithm = try AlgorithmIdentifier(outerElement)
    signature = try parts.element(DERTag.bitString).bitStringBytes()
    try parts.finish()
    tbs = tbsElement.whole

    var reader = try tbsElement.reader()
    if let wrapped = try reader.optional(DERTag.contextConstructed(0)) {
      var inner = try wrapped.reader()
      let number = try inner.element(DERTag.integer).smallInteger()
      try inner.finish()
      // DEFAULT v1 is never written (X.690 §11.5).
      guard number >= 1, number <= 2 else { throw .value }
      version = number + 1
    } else {
      version = 1
    }
    serial = try reader.element(DERTag.integer)
    _ = try serial.integerContent()
    let innerElement = try reader.element()
    innerAlgorithm = try AlgorithmIdentifier(innerElement)
    algorithmsAgree = der[innerElement.whole] == der[outerElement.whole]
    issuer = try reader.element(DERTag.sequence)
    var validity = try reader.element(DERTag.sequence).reader()
    notBefore = try CertificateTime(validity.element())
    notAfter = try CertificateTime(validity.element())
    try validity.finish()
    subject = try reader.element(DERTag.sequence)
    publicKey = try SubjectPublicKey(reader.element())
    let issuerID = try reader.optional(DERTag.context(1))
    let subjectID = try reader.optional(DERTag.context(2))
    hasUniqueIdentifiers = issuerID != nil || subjectID != nil
    extensions =
      try reader.optional(DERTag.contextConstructed(3)).map { wrapped throws(DERError) in try CertificateExtension.list(in: wrapped) } ?? []
    try reader.finish()
  }

  /// The first extension with this identifier.
  func first(_ oid: OID) -> CertificateExtension? { extensions.first { $0.oid == oid } }
}

/// A time of a certificate and whether it is written as RFC 5280 §4.1.2.5 demands: UTCTime through 2049, GeneralizedTime from 2050.
struct CertificateTime {
  let seconds: Int64
  let isWrittenAsDemanded: Bool

  /// 2050-01-01T00:00:00Z.
  private static let generalizedFrom: Int64 = 2_524_608_000

  init(_ element: DERElement) throws(DERError) {
    seconds = try element.time()
    isWrittenAsDemanded = (element.tag == DERTag.generalizedTime) == (seconds >= Self.generalizedFrom)
  }
}
