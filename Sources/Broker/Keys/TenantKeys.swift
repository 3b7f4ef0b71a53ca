public import CitizenItems
internal import Crypto
public import Foundation
internal import JPKI

/// A tenant's keys, unwrapped, in memory only. Prints as `<redacted>`.
public struct TenantKeys: Sendable, Redacted {
  /// One edge key that is in force.
  public struct Edge: Sendable {
    /// Its version and its bytes.
    public let key: EdgeKey
    /// After this instant the version is no longer taken; nil while no end is set.
    public let notAfter: Date?
  }

  let tenantID: TenantID
  /// Newest first.
  public let edges: [Edge]
  /// Newest first; all of them are looked for, the first is written.
  let peppers: [PepperKey]
  /// Newest first.
  let serialIndexKeys: [SymmetricKey]
  let sealing: [Int: SymmetricKey]
  let sealingVersion: Int

  /// Stored forms of an edge tag, under every live pepper; the first is the one to write.
  func stored(_ tag: EdgeTag) throws(KeyError) -> [[UInt8]] {
    var forms: [[UInt8]] = []
    for pepper in peppers {
      guard let stored = try? pepper.seal(tag) else { throw .damaged }
      forms.append(stored.bytes)
    }
    return forms
  }

  /// The edge tag of a stored form; nil where its pepper is retired or it is damaged.
  func open(stored bytes: [UInt8]) -> EdgeTag? {
    let stored = StoredTag(bytes: bytes)
    guard let pepper = peppers.first(where: { $0.version == stored.pepperVersion }) else { return nil }
    return try? pepper.open(stored)
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
