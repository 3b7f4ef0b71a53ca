/// An OCSP answer taken apart (RFC 6960 §4.2.1). Nothing in it is believed before its signature is verified.
struct OCSPResponse {
  enum Responder {
    case name([UInt8])
    case keyHash([UInt8])
  }
  /// SingleResponse.
  struct Single {
    let hash: OID
    let nameHash: [UInt8]
    let keyHash: [UInt8]
    let serial: [UInt8]
    let status: Status
    let thisUpdate: Int64
    let nextUpdate: Int64?
    let extensions: [CertificateExtension]
  }
  enum Status {
    case good
    case revoked(at: Int64, RevocationReasonCode)
    case unknown
  }

  let der: [UInt8]
  let tbs: Range<Int>
  let responder: Responder
  let producedAt: Int64
  let singles: [Single]
  let extensions: [CertificateExtension]
  let algorithm: AlgorithmIdentifier
  let signature: Range<Int>
  let certificates: [[UInt8]]

  /// Nil for an answer that carries an error status (and thus no signature).
  init?(_ der: [UInt8]) throws(DERError) {
    self.der = der
    var outer = DERReader(der)
    var response = try outer.element(DERTag.sequence).reader()
    try outer.finish()
    let status = try response.element(DERTag.enumerated).smallInteger()
    let wrapped = try response.optional(DERTag.contextConstructed(0))
    try response.finish()
    guard status == 0 else { return nil }
    guard let wrapped else { throw .truncated }
    var bytes = try wrapped.reader()
    var typed = try bytes.element(DERTag.sequence).reader()
    try bytes.finish()
    guard try typed.element(DERTag.oid).oid() == .ocspBasic else { throw .value }
    let octets = try typed.element(DERTag.octetString)
    try typed.finish()

    var basicOuter = DERReader(der, in: octets.content)
    var basic = try basicOuter.element(DERTag.sequence).reader()
    try basicOuter.finish()
    let data = try basic.element(DERTag.sequence)
    tbs = data.whole
    algorithm = try AlgorithmIdentifier(basic.element())
    signature = try basic.element(DERTag.bitString).bitStringBytes()
    certificates = try basic.optional(DERTag.contextConstructed(0)).map { list throws(DERError) in try Self.certificates(list) } ?? []
    try basic.finish()

    var reader = try data.reader()
    // DEFAULT v1 is never written, and there is no other version.
    guard try reader.optional(DERTag.contextConstructed(0)) == nil else { throw .value }
    responder = try Self.responder(reader.element())
    producedAt = try reader.element(DERTag.generalizedTime).time()
    var list = try reader.element(DERTag.sequence).reader()
    var singles: [Single] = []
    while !list.isAtEnd {
      singles.append(try Self.single(list.element(DERTag.sequence)))
      guard singles.count <= 64 else { throw .length }
    }
    self.singles = singles
    extensions =
      try reader.optional(DERTag.contextConstructed(1)).map { field throws(DERError) in try CertificateExtension.list(in: field) } ?? []
    try reader.finish()
  }

  private static func certificates(_ wrapped: DERElement) throws(DERError) -> [[UInt8]] {
    var wrapper = try wrapped.reader()
    var list = try wrapper.element(DERTag.sequence).reader()
    try wrapper.finish()
    var certificates: [[UInt8]] = []
    while !list.isAtEnd {
      certificates.append(try list.element(DERTag.sequence).wholeBytes)
      guard certificates.count <= 8 else { throw .length }
    }
    return certificates
  }

  private static func responder(_ element: DERElement) throws(DERError) -> Responder {
    var reader = try element.reader()
    switch element.tag {
    case DERTag.contextConstructed(1):
      let name = try reader.element(DERTag.sequence)
      try reader.finish()
      return .name(name.wholeBytes)
    case DERTag.contextConstructed(2):
      let hash = try reader.element(DERTag.octetString)
      try reader.finish()
      return .keyHash(hash.contentBytes)
    default: throw .tag
    }
  }

  private static func single(_ element: DERElement) throws(DERError) -> Single {
    var reader = try element.reader()
    var certID = try reader.element(DERTag.sequence).reader()
    let hash = try AlgorithmIdentifier(certID.element())
    guard hash.parameters != .other else { throw .value }
    let nameHash = try certID.element(DERTag.octetString).contentBytes
    let keyHash = try certID.element(DERTag.octetString).contentBytes
    let serial = try certID.element(DERTag.integer)
    let serialContent = Array(serial.bytes[try serial.integerContent()])
    try certID.finish()
    let status = try status(reader.element())
    let thisUpdate = try reader.element(DERTag.generalizedTime).time()
    let nextUpdate = try reader.optional(DERTag.contextConstructed(0)).map { field throws(DERError) in
      var inner = try field.reader()
      let time = try inner.element(DERTag.generalizedTime).time()
      try inner.finish()
      return time
    }
    let extensions =
      try reader.optional(DERTag.contextConstructed(1)).map { field throws(DERError) in try CertificateExtension.list(in: field) } ?? []
    try reader.finish()
    return Single(
      hash: hash.oid, nameHash: nameHash, keyHash: keyHash, serial: serialContent, status: status, thisUpdate: thisUpdate,
      nextUpdate: nextUpdate,
      extensions: extensions)
  }

  private static func status(_ element: DERElement) throws(DERError) -> Status {
    switch element.tag {
    case DERTag.context(0):
      guard element.content.isEmpty else { throw .value }
      return .good
    case DERTag.context(2):
      guard element.content.isEmpty else { throw .value }
      return .unknown
    case DERTag.contextConstructed(1):
      var reader = try element.reader()
      let time = try reader.element(DERTag.generalizedTime).time()
      var code = RevocationReasonCode.other
      if let wrapped = try reader.optional(DERTag.contextConstructed(0)) {
        var inner = try wrapped.reader()
        let value = try inner.element(DERTag.enumerated).smallInteger()
        try inner.finish()
        code = UInt8(exactly: value).flatMap(RevocationReasonCode.init) ?? .other
      }
      try reader.finish()
      return .revoked(at: time, code)
    default: throw .tag
    }
  }
}
