/// The index file: our own format, little-endian but for serial numbers, which are big-endian so that their bytes sort as they do.
///
///     magic "YONJOCRL" · version u16 · kind u8 · width of short serials u8 · of long ones u8 · length of the key identifier u8 · 0 u16
///     length of this header u32 · distribution points u32 · CRL number u64 · thisUpdate i64 · nextUpdate i64
///     entries in the list u64 · short records u64 · long records u64 · entries by reason 10 × u64
///     SHA-256 of the tbsCertList · of all records · of the issuer's certificate
///     key identifier · distribution points, each u32 length and GeneralName in DER · SHA-256 of the header so far
///     short records, then long ones, each: serial number (width bytes) · revocation time u32 · reason u8
///     eight zero bytes, so that a serial number can be read as one word
///
/// Records are sorted by serial number, each certificate once. Times are seconds since 1970.
enum RevocationIndexFormat {
  static let magic = Array("YONJOCRL".utf8)
  static let version: UInt16 = 1
  static let paddingBytes = 8
  /// Time and reason.
  static let valueBytes = 5
  static let maximumHeaderBytes = 1 << 20
  static let digestBytes = 32

  /// The CRL number of an index file, from its first bytes.
  static func number(_ path: String) -> UInt64? {
    guard let file = RevocationListFile(path), file.count >= 32,
      let head = try? RevocationListBytes.file(file).part(0..<32), head.starts(with: magic)
    else { return nil }
    return head[24..<32].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// What the file says of the list.
  struct Header: Equatable {
    var kind: CertificateKind
    var number: UInt64
    var thisUpdate: Int64
    var nextUpdate: Int64
    var entryCount: Int
    var counts: [RevocationReasonCode: Int]
    var contentDigest: [UInt8]
    var recordsDigest: [UInt8]
    var issuerFingerprint: [UInt8]
    var issuerKeyIdentifier: [UInt8]
    var distributionPoints: [[UInt8]]
    var shortWidth: Int
    var shortCount: Int
    var longWidth: Int
    var longCount: Int

    /// How long the header is, whatever the numbers in it.
    var length: Int {
      248 + issuerKeyIdentifier.count + distributionPoints.reduce(0) { $0 + 4 + $1.count } + digestBytes
    }

    var encoded: [UInt8] {
      var out = magic
      func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { out += $0 } }
      put(version)
      put(UInt8(kind == .signing ? 1 : 2))
      put(UInt8(shortWidth))
      put(UInt8(longWidth))
      put(UInt8(issuerKeyIdentifier.count))
      put(UInt16(0))
      put(UInt32(length))
      put(UInt32(distributionPoints.count))
      put(number)
      put(thisUpdate)
      put(nextUpdate)
      put(UInt64(entryCount))
      put(UInt64(shortCount))
      put(UInt64(longCount))
      for code in RevocationReasonCode.allCases { put(UInt64(counts[code] ?? 0)) }
      out += contentDigest + recordsDigest + issuerFingerprint + issuerKeyIdentifier
      for point in distributionPoints {
        put(UInt32(point.count))
        out += point
      }
      return out + Hash.sha256(out)
    }

    /// Reads a header at the front of a file. Nil where it is none, cut or changed, or does not fit the file's size.
    init?(_ file: UnsafeRawBufferPointer) {
      var reader = Reader(file)
      guard reader.bytes(8) == magic, reader.integer(UInt16.self) == version, let kindCode = reader.integer(UInt8.self),
        let shortWidth = reader.integer(UInt8.self), let longWidth = reader.integer(UInt8.self),
        let keyLength = reader.integer(UInt8.self), reader.integer(UInt16.self) == 0, let length = reader.integer(UInt32.self),
        let points = reader.integer(UInt32.self), points <= 4096, length <= maximumHeaderBytes, Int(length) <= file.count
      else { return nil }
      // The checksum first: what follows is not looked at unless it is what was written.
      let end = Int(length) - digestBytes
      guard end >= 24, Hash.sha256(UnsafeRawBufferPointer(rebasing: file[..<end])) == Array(file[end..<Int(length)]) else { return nil }
      guard let number = reader.integer(UInt64.self), let thisUpdate = reader.integer(Int64.self),
        let nextUpdate = reader.integer(Int64.self), let entries = reader.count(), let shortCount = reader.count(),
        let longCount = reader.count()
      else { return nil }
      var counts: [RevocationReasonCode: Int] = [:]
      for code in RevocationReasonCode.allCases {
        guard let count = reader.count() else { return nil }
        if count > 0 { counts[code] = count }
      }
      guard let content = reader.bytes(digestBytes), let records = reader.bytes(digestBytes), let issuer = reader.bytes(digestBytes),
        let key = reader.bytes(Int(keyLength))
      else { return nil }
      var names: [[UInt8]] = []
      for _ in 0..<points {
        guard let size = reader.integer(UInt32.self), let name = reader.bytes(Int(size)) else { return nil }
        names.append(name)
      }
      guard reader.position == end, (1...2).contains(kindCode), (1...8).contains(shortWidth), (9...20).contains(longWidth) else {
        return nil
      }
      kind = kindCode == 1 ? .signing : .authentication
      self.number = number
      self.thisUpdate = thisUpdate
      self.nextUpdate = nextUpdate
      entryCount = entries
      self.counts = counts
      contentDigest = content
      recordsDigest = records
      issuerFingerprint = issuer
      issuerKeyIdentifier = key
      distributionPoints = names
      self.shortWidth = Int(shortWidth)
      self.shortCount = shortCount
      self.longWidth = Int(longWidth)
      self.longCount = longCount
      guard fileLength == file.count else { return nil }
    }

    init(
      kind: CertificateKind, number: UInt64, thisUpdate: Int64, nextUpdate: Int64, contentDigest: [UInt8], issuer: TrustAnchor,
      distributionPoints: [[UInt8]]
    ) {
      self.kind = kind
      self.number = number
      self.thisUpdate = thisUpdate
      self.nextUpdate = nextUpdate
      entryCount = 0
      counts = [:]
      self.contentDigest = contentDigest
      recordsDigest = []
      issuerFingerprint = issuer.fingerprint
      issuerKeyIdentifier = issuer.subjectKeyIdentifier
      self.distributionPoints = distributionPoints
      shortWidth = 1
      shortCount = 0
      longWidth = 9
      longCount = 0
    }

    var shortBytes: Int { shortWidth + valueBytes }
    var longBytes: Int { longWidth + valueBytes }
    /// Header, records, padding. Counts are below 2⁴⁰, so that nothing overflows.
    var fileLength: Int { length + shortCount * shortBytes + longCount * longBytes + paddingBytes }
  }

  /// Reads front to back, never beyond the end.
  private struct Reader {
    let file: UnsafeRawBufferPointer
    var position = 0

    init(_ file: UnsafeRawBufferPointer) { self.file = file }

    mutating func bytes(_ count: Int) -> [UInt8]? {
      guard count <= file.count - position else { return nil }
      defer { position += count }
      return Array(file[position..<(position + count)])
    }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Value? {
      let size = MemoryLayout<Value>.size
      guard size <= file.count - position else { return nil }
      defer { position += size }
      return Value(littleEndian: file.loadUnaligned(fromByteOffset: position, as: type))
    }

    mutating func count() -> Int? {
      guard let value = integer(UInt64.self), value < 1 << 40 else { return nil }
      return Int(value)
    }
  }
}
