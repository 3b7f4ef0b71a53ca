/// CMS SignedData taken apart (RFC 5652 §3, §5.1, §5.3). Judges nothing beyond its shape.
struct SignedMessageFields {
  enum SignerID {
    case issuerAndSerial(issuer: [UInt8], serial: [UInt8])
    case keyIdentifier([UInt8])
  }
  struct Signer {
    let id: SignerID
    let digestAlgorithm: AlgorithmIdentifier
    /// Content of `[0]` signedAttrs; nil where there are none.
    let attributes: [UInt8]?
    let signatureAlgorithm: AlgorithmIdentifier
    let signature: [UInt8]
  }

  let isSignedData: Bool
  /// What the message announces; the signer's must be among them.
  private(set) var digestAlgorithms: [OID] = []
  private(set) var contentType: OID = .cmsData
  private(set) var content: [UInt8]?
  private(set) var certificates: [[UInt8]] = []
  private(set) var signers: [Signer] = []

  init(_ der: [UInt8]) throws(DERError) {
    var outer = DERReader(der)
    var info = try outer.element(DERTag.sequence).reader()
    try outer.finish()
    isSignedData = try info.element(DERTag.oid).oid() == .cmsSignedData
    guard isSignedData else { return }
    var wrapped = try info.element(DERTag.contextConstructed(0)).reader()
    try info.finish()
    var data = try wrapped.element(DERTag.sequence).reader()
    try wrapped.finish()
    _ = try data.element(DERTag.integer).smallInteger()
    var announced = try data.element(DERTag.set).reader()
    while !announced.isAtEnd {
      digestAlgorithms.append(try AlgorithmIdentifier(announced.element()).oid)
      guard digestAlgorithms.count <= 16 else { throw .length }
    }
    var encapsulated = try data.element(DERTag.sequence).reader()
    contentType = try encapsulated.element(DERTag.oid).oid()
    if let attached = try encapsulated.optional(DERTag.contextConstructed(0)) {
      var inner = try attached.reader()
      content = try inner.element(DERTag.octetString).contentBytes
      try inner.finish()
    }
    try encapsulated.finish()
    if let list = try data.optional(DERTag.contextConstructed(0)) {
      var reader = try list.reader()
      while !reader.isAtEnd {
        let one = try reader.element()
        // Attribute certificates and other formats stand under tags of their own and are of no use here.
        if one.tag == DERTag.sequence { certificates.append(one.wholeBytes) }
        guard certificates.count <= 16 else { throw .length }
      }
    }
    _ = try data.optional(DERTag.contextConstructed(1))
    var list = try data.element(DERTag.set).reader()
    try data.finish()
    while !list.isAtEnd {
      signers.append(try Self.signer(list.element(DERTag.sequence)))
      guard signers.count <= 16 else { throw .length }
    }
  }

  private static func signer(_ element: DERElement) throws(DERError) -> Signer {
    var reader = try element.reader()
    _ = try reader.element(DERTag.integer).smallInteger()
    let id = try signerID(reader.element())
    let digestAlgorithm = try AlgorithmIdentifier(reader.element())
    let attributes = try reader.optional(DERTag.contextConstructed(0))
    let signatureAlgorithm = try AlgorithmIdentifier(reader.element())
    let signature = try reader.element(DERTag.octetString).contentBytes
    _ = try reader.optional(DERTag.contextConstructed(1))
    try reader.finish()
    return Signer(
      id: id, digestAlgorithm: digestAlgorithm, attributes: attributes?.contentBytes,
      signatureAlgorithm: signatureAlgorithm, signature: signature)
  }

  private static func signerID(_ element: DERElement) throws(DERError) -> SignerID {
    switch element.tag {
    case DERTag.sequence:
      var reader = try element.reader()
      let issuer = try reader.element(DERTag.sequence).wholeBytes
      let serial = try reader.element(DERTag.integer)
      try reader.finish()
      return .issuerAndSerial(issuer: issuer, serial: try Array(serial.bytes[serial.integerContent()]))
    case DERTag.context(0): return .keyIdentifier(element.contentBytes)
    default: throw .tag
    }
  }
}
