/// A CRL taken apart, all but its entries (RFC 5280 §5.1). Nothing in it is believed before its signature is verified.
struct RevocationListFields {
  let tbs: Range<Int>
  let algorithm: AlgorithmIdentifier
  let algorithmsAgree: Bool
  let signature: [UInt8]
  /// The issuer's name in DER.
  let issuer: [UInt8]
  let thisUpdate: CertificateTime
  let nextUpdate: CertificateTime
  /// The entries, unread; empty where there are none.
  let entries: Range<Int>
  let extensions: [CertificateExtension]

  /// Reads what stands before and behind the entries; of the entries only their length.
  init(_ source: RevocationListBytes) throws(RevocationIndexError) {
    var outer = Walk(source, 0..<source.count)
    var list = Walk(source, try outer.skip(DERTag.sequence).content)
    try outer.finish()
    let tbsElement = try list.skip(DERTag.sequence)
    let outerAlgorithm = try list.element()
    let signatureElement = try list.element(DERTag.bitString)
    try list.finish()
    tbs = tbsElement.whole

    var reader = Walk(source, tbsElement.content)
    let version = try reader.element(DERTag.integer)
    let innerAlgorithm = try reader.element()
    issuer = try reader.element(DERTag.sequence).wholeBytes
    let thisUpdateElement = try reader.element()
    // RFC 5280 §5.1.2.5: conforming lists have it, whatever the syntax allows.
    let nextUpdateElement = try reader.element()
    if try reader.peekedTag() == DERTag.sequence {
      entries = try reader.skip(DERTag.sequence).content
      // "MUST be absent" when nothing is revoked (§5.1.2.6).
      guard !entries.isEmpty else { throw .refused(.crlMalformed) }
    } else {
      entries = 0..<0
    }
    let wrapped = try reader.element(DERTag.contextConstructed(0))
    try reader.finish()
    do throws(DERError) {
      // Version 2: lists carry extensions.
      guard try version.smallInteger() == 1 else { throw .value }
      algorithm = try AlgorithmIdentifier(outerAlgorithm)
      algorithmsAgree = innerAlgorithm.wholeBytes == outerAlgorithm.wholeBytes
      signature = Array(signatureElement.bytes[try signatureElement.bitStringBytes()])
      thisUpdate = try CertificateTime(thisUpdateElement)
      nextUpdate = try CertificateTime(nextUpdateElement)
      extensions = try CertificateExtension.list(in: wrapped)
    } catch {
      throw .refused(.crlMalformed)
    }
  }

  /// Steps from element to element of a list, whether it is in memory or not.
  private struct Walk {
    /// Nothing but the entries may be longer.
    static let maximumElementBytes = 1 << 18

    let source: RevocationListBytes
    var position: Int
    let end: Int

    init(_ source: RevocationListBytes, _ range: Range<Int>) {
      self.source = source
      position = range.lowerBound
      end = range.upperBound
    }

    func peekedTag() throws(RevocationIndexError) -> UInt8? { position < end ? try source.part(position..<(position + 1))[0] : nil }

    func finish() throws(RevocationIndexError) {
      guard position == end else { throw .refused(.crlMalformed) }
    }

    /// Where an element of any length stands.
    mutating func skip(_ tag: UInt8? = nil) throws(RevocationIndexError) -> (whole: Range<Int>, content: Range<Int>) {
      let start = position
      // A header has at most six bytes.
      let bytes = try source.part(start..<min(start + 6, end))
      do throws(DERError) {
        let header = try DERReader.header(of: bytes, at: 0, end: end - start)
        guard tag == nil || header.tag == tag else { throw .tag }
        position = start + header.content.upperBound
        return (start..<position, (start + header.content.lowerBound)..<position)
      } catch {
        throw .refused(.crlMalformed)
      }
    }

    mutating func element(_ tag: UInt8? = nil) throws(RevocationIndexError) -> DERElement {
      let whole = try skip(tag).whole
      guard whole.count <= Self.maximumElementBytes else { throw .refused(.crlMalformed) }
      let bytes = try source.part(whole)
      var reader = DERReader(bytes)
      do throws(DERError) { return try reader.element() } catch { throw .refused(.crlMalformed) }
    }
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
