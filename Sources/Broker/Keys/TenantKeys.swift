public import CitizenItems
internal import Crypto
public import Foundation
internal import JPKI

/// A tenant's keys, unwrapped, in memory only. Prints as `<redacted>`.
public struct TenantKeys: Sendable, Redacted {
  /// One key that is in force, by which tags are made.
  public struct Edge: Sendable {
    /// Its scheme, its version and its secret.
    public let key: TagKey
    /// After this instant the version is no longer taken; nil while no end is set.
    public let notAfter: Date?
  }

  let tenantID: TenantID
  /// Newest first.
  public let edges: [Edge]
  /// Newest first; all of them are looked for.
  let peppers: [PepperKey]
  /// The pepper under which tags are written: the newest that every process has had the time to learn of.
  let writtenPepper: PepperKey
  /// Newest first.
  let serialIndexKeys: [SymmetricKey]
  let sealing: [Int: SymmetricKey]
  let sealingVersion: Int
  /// Some of the tenant's tags cannot be found yet: migration 0018 found them here, and ``TagRotation`` is at it.
  let tagsLackDigests: Bool

  /// Refuses where a tag that is known might not be found.
  func requireDigests() throws(Refusal) {
    guard tagsLackDigests else { return }
    throw Refusal(
      .unavailable, "dependencyUnavailable", "Tags are being indexed after an update; nothing was changed.",
      nextStep: "Repeat with the same Idempotency-Key in a minute.")
  }

  /// What an edge tag is looked up by: its digest under every live pepper.
  func digests(_ tag: EdgeTag) -> [TagDigest] { peppers.map { $0.digest(tag) } }

  /// The same of a tag's text; nil where it is none.
  func digests(ofText text: String) -> [TagDigest]? {
    var digests: [TagDigest] = []
    return appendDigests(ofText: text, to: &digests) ? digests : nil
  }

  /// Appends the same of a tag's text; false, and nothing appended, where it is none.
  func appendDigests(ofText text: String, to digests: inout [TagDigest]) -> Bool {
    var text = text
    return text.withUTF8 { text in
      withUnsafeTemporaryAllocation(byteCount: EdgeTag.maximumBytes, alignment: 1) { room in
        guard let count = EdgeTag.decode(text, into: room) else { return false }
        let tag = UnsafeRawBufferPointer(rebasing: room[..<count])
        for pepper in peppers { digests.append(pepper.digest(tag)) }
        return true
      }
    }
  }

  /// An edge tag as it is written: sealed, and what it will be looked up by.
  func written(_ tag: EdgeTag) throws(KeyError) -> (sealed: [UInt8], digest: TagDigest) {
    guard let stored = try? writtenPepper.seal(tag) else { throw .damaged }
    return (stored.bytes, writtenPepper.digest(tag))
  }

  /// What a tag that was written under any live pepper is looked up by; nil where it does not open.
  func digest(ofStored bytes: [UInt8]) -> TagDigest? { pepper(of: bytes).flatMap { pepper in open(stored: bytes).map(pepper.digest) } }

  /// The secret of scheme `voprf` in this version; nil where it is not live.
  func voprf(version: Int) -> VOPRFKey? {
    for edge in edges {
      if case .voprf(let key) = edge.key, key.version == version { return key }
    }
    return nil
  }

  /// Whether the tag was made by a key that is in force.
  func isLive(_ tag: EdgeTag) -> Bool { edges.contains { $0.key.version == tag.keyVersion } }

  /// The edge tag of a stored form; nil where its pepper is retired or it is damaged.
  func open(stored bytes: [UInt8]) -> EdgeTag? {
    pepper(of: bytes).flatMap { try? $0.open(StoredTag(bytes: bytes)) }
  }

  private func pepper(of stored: [UInt8]) -> PepperKey? {
    let version = StoredTag(bytes: stored).pepperVersion
    return peppers.first { $0.version == version }
  }

  /// The same where a tag that does not open must not pass for none: these keys may be older than what has been sealed since.
  func opened(stored bytes: [UInt8]) throws(KeyError) -> EdgeTag {
    guard let tag = open(stored: bytes) else { throw .unknownVersion }
    return tag
  }

  /// Keyed indexes of a serial (law 2), newest key first. The issuer's generation is no part of it: J-LIS names a successor by its number alone.
  func indexes(of serial: Serial, kind: CertificateKind) -> [[UInt8]] {
    var message = Array("yonjo-serial/1/\(kind.rawValue)/".utf8)
    message.append(contentsOf: serial.bytes)
    return serialIndexKeys.map { Array(HMAC<SHA256>.authenticationCode(for: message, using: $0)) }
  }

  /// Keyed index of a tenant's own reference (customer number, ledger reference): found, never read.
  func index(ofReference reference: String, kind: String) -> [UInt8] {
    let message = Array("yonjo-reference/1/\(kind)/\(reference)".utf8)
    // The oldest key stays the one for references: they are few bits, and re-indexing needs the reference itself.
    return serialIndexKeys.last.map { Array(HMAC<SHA256>.authenticationCode(for: message, using: $0)) } ?? []
  }

  /// Encrypts a value for one place in one table (law 10).
  func seal(_ plain: [UInt8], table: String, column: String, row: UUID) throws(KeyError) -> [UInt8] {
    guard let key = sealing[sealingVersion] else { throw .unknownVersion }
    return try SealedValue.seal(plain, with: key, version: sealingVersion, authenticating: place(table, column, row))
  }

  /// Opens what ``seal(_:table:column:row:)`` made for the same place.
  func open(_ sealed: [UInt8], table: String, column: String, row: UUID) throws(KeyError) -> [UInt8] {
    try SealedValue.open(sealed, authenticating: place(table, column, row)) { sealing[$0] }
  }

  private func place(_ table: String, _ column: String, _ row: UUID) -> String { "\(tenantID)/\(table)/\(column)/\(row.uuidString)" }

}
