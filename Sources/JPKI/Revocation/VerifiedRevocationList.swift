public import Foundation
internal import Synchronization

/// A CRL whose signature was verified, in a file of any size: what it says of itself. Its entries are read, front to back and in bounded memory, by `count`
/// and `prepareIndex`; or in the one pass that hashes them, where an index is wanted anyway. Until the signature is verified, nobody sees what was read
/// (RFC 5280 §5, §6.3).
public struct VerifiedRevocationList: Sendable {
  /// Whose certificates it speaks of.
  public let issuer: TrustAnchor
  /// Its number: one that goes back is not to be put in force. RFC 5280 §5.2.3 would allow 20 bytes; daily lists need three.
  public let number: UInt64
  /// The source's time.
  public let thisUpdate: Date
  /// When the next one is due; from then on this one says nothing.
  public let nextUpdate: Date
  /// The GeneralNames, in DER, of the part that it covers; empty for the list of all certificates.
  public let distributionPoints: [[UInt8]]
  /// SHA-256 of what was signed: two lists with the same one are one list.
  public let contentDigest: [UInt8]

  private let source: RevocationListBytes
  private let entries: Range<Int>
  private let bounds: RevocationListBounds
  private let sorted: SortedBeforehand?
  private let pace: RevocationListPace

  /// Finds the issuer among the anchors of this kind by the key identifier that the list names, then verifies the signature over all of it.
  ///
  /// - Parameter sortingIn: the directory in which an index will be wanted: entries are then sorted beside the hashing, and the file is read once. Of a list
  ///   that is refused nothing is left there.
  /// - Parameter pace: of this and of `prepareIndex`.
  public init(
    file: String, trust: TrustStore, kind: CertificateKind, at: Date, bounds: RevocationListBounds = RevocationListBounds(),
    sortingIn: String? = nil,
    pace: RevocationListPace = .atOnce
  ) throws(RevocationIndexError) {
    guard let opened = RevocationListFile(file) else { throw .unreadable }
    try self.init(.file(opened), at: at, bounds, scratch: sortingIn, pace) { trust.anchor(kind, keyIdentifier: $0) }
  }

  /// The same for one issuer.
  public init(
    file: String, issuer: TrustAnchor, at: Date, bounds: RevocationListBounds = RevocationListBounds(), sortingIn: String? = nil,
    pace: RevocationListPace = .atOnce
  ) throws(RevocationIndexError) {
    guard let opened = RevocationListFile(file) else { throw .unreadable }
    try self.init(.file(opened), at: at, bounds, scratch: sortingIn, pace) { _ in issuer }
  }

  /// The same for a list in memory.
  public init(
    _ der: [UInt8], issuer: TrustAnchor, at: Date, bounds: RevocationListBounds = RevocationListBounds()
  ) throws(RevocationIndexError) {
    try self.init(.memory(der), at: at, bounds) { _ in issuer }
  }

  init(
    _ source: RevocationListBytes, at: Date, _ bounds: RevocationListBounds, scratch: String? = nil,
    _ pace: RevocationListPace = .atOnce, issuer: ([UInt8]) -> TrustAnchor?
  ) throws(RevocationIndexError) {
    guard source.count <= bounds.maximumBytes else { throw .refused(.crlTooLarge) }
    let fields = try RevocationListFields(source)
    let sorted = scratch.map { SortedBeforehand(RevocationEntries(maximumEntries: bounds.maximumEntries, scratch: $0)) }
    do throws(VerificationFailure) {
      let header = try RevocationListHeader(fields.extensions)
      guard let issuer = header.authorityKeyIdentifier.flatMap(issuer), fields.issuer == issuer.subject else {
        throw VerificationFailure(.crlIssuer)
      }
      guard fields.algorithmsAgree, issuer.key.version.signs(as: fields.algorithm) else {
        throw VerificationFailure(.crlSignatureAlgorithm)
      }
      // Generations share their name: the key tells them apart.
      guard header.authorityKeyIdentifier == issuer.subjectKeyIdentifier else { throw VerificationFailure(.crlIssuer) }
      contentDigest = try Self.verifiedDigest(source, fields, issuer, sorted, pace)
      try header.checkScope()
      guard fields.thisUpdate.isWrittenAsDemanded, fields.nextUpdate.isWrittenAsDemanded,
        fields.thisUpdate.seconds <= fields.nextUpdate.seconds
      else {
        throw VerificationFailure(.crlMalformed)
      }
      self.issuer = issuer
      number = header.number
      thisUpdate = Date(timeIntervalSince1970: TimeInterval(fields.thisUpdate.seconds))
      nextUpdate = Date(timeIntervalSince1970: TimeInterval(fields.nextUpdate.seconds))
      distributionPoints = header.point?.names ?? []
      guard thisUpdate <= at + bounds.clockSkew else { throw VerificationFailure(.crlNotYetValid) }
      guard at < nextUpdate else { throw VerificationFailure(.crlExpired) }
    } catch {
      throw .refused(error.reason)
    }
    self.source = source
    entries = fields.entries
    self.bounds = bounds
    self.sorted = sorted
    self.pace = pace
  }

  /// The number that a list bears, and that nobody has verified yet; nil where there is none to be read. Only good for deciding how to read the list.
  public static func claimedNumber(file: String) -> UInt64? {
    guard let opened = RevocationListFile(file), let fields = try? RevocationListFields(.file(opened)) else { return nil }
    return try? RevocationListHeader(fields.extensions).number
  }

  /// Reads all entries and counts them.
  public func count() throws(RevocationIndexError) -> [RevocationReasonCode: Int] {
    var entries = RevocationEntries(maximumEntries: bounds.maximumEntries, scratch: nil, keeps: false)
    try entries.read(source, self.entries, pace)
    try checkUnchanged()
    return entries.counts
  }

  /// Reads all entries and writes their index beside `path`. Nothing is in force before ``PreparedRevocationIndex/install()``.
  ///
  /// Memory: some 20 MiB, whatever the list's size. Disk, while it runs: 16 bytes an entry beside the index itself, in the same directory.
  public func prepareIndex(at path: String) throws(RevocationIndexError) -> PreparedRevocationIndex {
    let beside = path + ".new"
    // Of a builder that was killed.
    try? FileManager.default.removeItem(atPath: beside)
    let header = try write(scratch: Self.directory(path), path: beside).header
    return PreparedRevocationIndex(beside: beside, path: path, header: header)
  }

  /// The index of a small list, in memory.
  func indexInMemory() throws(RevocationIndexError) -> RevocationIndex {
    try RevocationIndex(memory: try write(scratch: nil, path: nil).bytes)
  }

  private func write(
    scratch: String?, path: String?
  ) throws(RevocationIndexError) -> (header: RevocationIndexFormat.Header, bytes: [UInt8]) {
    var entries: RevocationEntries
    if let sorted = sorted?.take() {
      entries = sorted
      try entries.checkWhole()
    } else {
      entries = RevocationEntries(maximumEntries: bounds.maximumEntries, scratch: scratch)
      try entries.read(source, self.entries, pace)
    }
    try checkUnchanged()
    try entries.short.finish()
    try entries.long.finish()
    var header = RevocationIndexFormat.Header(
      kind: issuer.kind, number: number, thisUpdate: Int64(thisUpdate.timeIntervalSince1970),
      nextUpdate: Int64(nextUpdate.timeIntervalSince1970), contentDigest: contentDigest, issuer: issuer,
      distributionPoints: distributionPoints)
    header.entryCount = entries.count
    header.counts = entries.counts
    header.shortWidth = max(entries.short.width, 1)
    header.longWidth = max(entries.long.width, 9)
    let (shortWidth, longWidth) = (header.shortWidth, header.longWidth)
    var writer = try RevocationIndexWriter(path: path, room: header.length, pace)
    var (shortCount, longCount) = (0, 0)
    try entries.short.drain { record throws(RevocationIndexError) in
      try writer.add(record, width: shortWidth)
      shortCount += 1
    }
    try entries.long.drain { record throws(RevocationIndexError) in
      try writer.add(record, width: longWidth)
      longCount += 1
    }
    header.shortCount = shortCount
    header.longCount = longCount
    try writer.finish(&header)
    return (header, writer.bytes)
  }

  /// The entries that were read are those that the signature covers.
  private func checkUnchanged() throws(RevocationIndexError) {
    if case .file(let file) = source, !file.isUnchanged { throw .changedWhileRead }
  }

  /// Where a file of that path lies.
  private static func directory(_ path: String) -> String {
    let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    return directory.isEmpty ? "/" : directory
  }

  private static func verifiedDigest(
    _ source: RevocationListBytes, _ fields: RevocationListFields, _ issuer: TrustAnchor, _ sorted: SortedBeforehand?,
    _ pace: RevocationListPace
  ) throws(VerificationFailure) -> [UInt8] {
    let hash = HashBeside(issuer.key.version.digest, pace)
    do throws(RevocationIndexError) {
      if let sorted, !fields.entries.isEmpty {
        try hash.take(source, fields.tbs.lowerBound..<fields.entries.lowerBound)
        try sorted.read(source, fields.entries, hash)
        try hash.take(source, fields.entries.upperBound..<fields.tbs.upperBound)
      } else {
        try hash.take(source, fields.tbs)
      }
    } catch {
      // The file ends before it should.
      throw VerificationFailure(.crlMalformed)
    }
    guard let digest = hash.digest() else { throw VerificationFailure(.crlSignature) }
    do throws(VerificationFailure) {
      try issuer.key.verify(fields.signature, as: fields.algorithm) { _ in digest }
    } catch {
      throw VerificationFailure(.crlSignature)
    }
    // The index has room for a SHA-256: of a longer digest its beginning tells lists apart as well.
    return Array(digest.prefix(DigestAlgorithm.sha256.length))
  }
}

/// Entries that were read beside the hashing of the list they stand in, for whoever writes its index.
private final class SortedBeforehand: Sendable {
  private let entries: Mutex<RevocationEntries?>

  init(_ entries: consuming sending RevocationEntries) { self.entries = Mutex(entries) }

  func read(_ source: RevocationListBytes, _ range: Range<Int>, _ hash: HashBeside) throws(RevocationIndexError) {
    try entries.withLock { held throws(RevocationIndexError) in try held?.read(source, range, hash) }
  }

  /// To be had once: they are drained.
  func take() -> sending RevocationEntries? { entries.withLock { $0.take() } }
}

/// An index that was written but is not in force.
public struct PreparedRevocationIndex: Sendable {
  /// How many certificates the list names.
  public let entryCount: Int
  /// The same by reason.
  public let countsByReason: [RevocationReasonCode: Int]
  /// The index file's size.
  public let bytes: Int

  private let beside: String
  private let path: String

  fileprivate init(beside: String, path: String, header: RevocationIndexFormat.Header) {
    self.beside = beside
    self.path = path
    entryCount = header.entryCount
    countsByReason = header.counts
    bytes = header.fileLength
  }

  /// Puts it into its place, at once and for good: the index before is destroyed as soon as nobody maps it any more.
  public func install() throws(RevocationIndexError) {
    guard rename(beside, path) == 0 else { throw .notWritten }
    let directory = open(path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return }
    defer { close(directory) }
    // The new name outlives a power failure.
    guard fsync(directory) == 0 else { throw .notWritten }
  }

  /// Removes it.
  public func discard() { unlink(beside) }
}
