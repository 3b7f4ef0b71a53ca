public import Broker
public import Foundation

/// What an export of the audit log says of itself, and whether it is true.
public struct AuditExportReport: Sendable, Encodable {
  /// Whether nothing was found.
  public var isVerified: Bool { damage.isEmpty }
  /// Whether signatures were measured by keys that were given, and not by those that the export itself names.
  public internal(set) var keysWereGiven = false
  /// The broker.
  public internal(set) var issuer: String?
  /// The tenant.
  public internal(set) var tenant: String?
  /// The export's id.
  public internal(set) var id: String?
  /// When the manifest was signed.
  public internal(set) var signedAt: Date?
  /// The key that signed the manifest.
  public internal(set) var keyID: String?
  /// Lines of the file.
  public internal(set) var lines = 0
  /// Events in it.
  public internal(set) var events = 0
  /// The logs that it covers, each with its size, and time stamps that hold.
  public internal(set) var logs: [Log] = []
  /// Checkpoints known from before that the history agrees with.
  public internal(set) var knownCheckpoints: [String] = []
  /// At most ``AuditExportVerifier/maximumFindings``, the first ones first.
  public internal(set) var damage: [AuditDamage] = []

  /// One log of an export.
  public struct Log: Sendable, Encodable {
    /// The log's name.
    public let origin: String
    /// Its entries, all of which the export covers.
    public let size: UInt64
    /// The key that signed its checkpoint; nil where none did.
    public internal(set) var keyID: String?
    /// The time that an authority vouches for; nil where there is no stamp, or no authority was given.
    public internal(set) var timeStampedAt: Date?
  }

  private enum CodingKeys: String, CodingKey {
    case verified, keysWereGiven, issuer, tenant, id, signedAt, keyID = "keyId", lines, events, logs, knownCheckpoints, damage
  }

  /// As `--json` prints it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isVerified, forKey: .verified)
    try container.encode(keysWereGiven, forKey: .keysWereGiven)
    try container.encodeIfPresent(issuer, forKey: .issuer)
    try container.encodeIfPresent(tenant, forKey: .tenant)
    try container.encodeIfPresent(id, forKey: .id)
    try container.encodeIfPresent(signedAt, forKey: .signedAt)
    try container.encodeIfPresent(keyID, forKey: .keyID)
    try container.encode(lines, forKey: .lines)
    try container.encode(events, forKey: .events)
    try container.encode(logs, forKey: .logs)
    try container.encode(knownCheckpoints, forKey: .knownCheckpoints)
    try container.encode(damage, forKey: .damage)
  }
}
