public import Foundation

/// What an identifier names; its prefix makes an id recognisable wherever it turns up.
public protocol IdentifierKind: Sendable {
  /// Lower-case letters before the underscore, such as `sub`.
  static var prefix: String { get }
}

/// A typed, sortable id: a UUIDv7 (RFC 9562 §5.7) written as prefix, underscore and 26 characters of Crockford base 32.
public struct Identifier<Kind: IdentifierKind>: Hashable, Sendable, Comparable, CustomStringConvertible, Codable {
  /// The 128 bits that the database keeps.
  public let uuid: UUID

  /// Wraps a UUID that came from the database or from ``IdentifierSource``.
  public init(_ uuid: UUID) { self.uuid = uuid }

  /// Reads the written form; nil where the prefix is another kind's, or a character is not of the alphabet.
  public init?(_ text: String) {
    let prefix = Kind.prefix
    let bytes = Array(text.utf8)
    guard bytes.count == prefix.utf8.count + 1 + 26, text.hasPrefix(prefix), bytes[prefix.utf8.count] == UInt8(ascii: "_"),
      let uuid = CrockfordBase32.decode(bytes[(prefix.utf8.count + 1)...])
    else { return nil }
    self.uuid = uuid
  }

  /// Reads the written form; throws `DecodingError` where it is not one of this kind.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let id = Self(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not an id of kind \(Kind.prefix)"))
    }
    self = id
  }

  /// Writes the written form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// The written form.
  public var description: String { Kind.prefix + "_" + CrockfordBase32.encode(uuid) }

  /// By time of making, as far as UUIDv7 goes.
  public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// Crockford's base 32 over 128 bits: 26 characters, the first of them 0…7.
enum CrockfordBase32 {
  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  static func encode(_ uuid: UUID) -> String {
    var high: UInt64 = 0
    var low: UInt64 = 0
    withUnsafeBytes(of: uuid.uuid) { bytes in
      for index in 0..<8 { high = high << 8 | UInt64(bytes[index]) }
      for index in 8..<16 { low = low << 8 | UInt64(bytes[index]) }
    }
    return String(unsafeUninitializedCapacity: 26) { buffer in
      for index in stride(from: 25, through: 0, by: -1) {
        buffer[index] = alphabet[Int(low & 31)]
        low = low >> 5 | high << 59
        high >>= 5
      }
      return 26
    }
  }

  static func decode(_ text: ArraySlice<UInt8>) -> UUID? {
    var high: UInt64 = 0
    var low: UInt64 = 0
    guard let first = text.first, text.count == 26, first <= UInt8(ascii: "7") else { return nil }
    for character in text {
      guard let value = value(of: character) else { return nil }
      high = high << 5 | low >> 59
      low = low << 5 | UInt64(value)
    }
    return UUID(high: high, low: low)
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): alphabet.firstIndex(of: character).map(UInt8.init)
    default: nil
    }
  }
}

extension UUID {
  /// From two halves in network order.
  init(high: UInt64, low: UInt64) {
    var raw: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    withUnsafeMutableBytes(of: &raw) { bytes in
      bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
      bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    self.init(uuid: raw)
  }

  /// Sixteen bytes in network order; nil for any other count.
  init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    var raw: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    withUnsafeMutableBytes(of: &raw) { $0.copyBytes(from: bytes) }
    self.init(uuid: raw)
  }

  /// The sixteen bytes in network order.
  var bytes: [UInt8] { withUnsafeBytes(of: uuid) { Array($0) } }
}

/// A tenant: サービス提供者.
public enum TenantKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "ten"
}
/// A person known to one tenant: 利用者.
public enum SubjectKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "sub"
}
/// A certificate bound to a subject: 紐付け.
public enum BindingKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "bnd"
}
/// A pair of tags: 対.
public enum PairKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "par"
}
/// A notice: 同意説明.
public enum NoticeKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "ntc"
}
/// A consent: 同意.
public enum ConsentKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "con"
}
/// An onboarding that awaits its signature.
public enum OnboardingKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "onb"
}
/// A consent outside onboarding, or a withdrawal, that awaits its signature.
public enum ConsentSessionKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "cse"
}
/// A verification: the evidence row of one check, without items.
public enum VerificationKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "ver"
}
/// A status check: 現況確認.
public enum StatusCheckKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "chk"
}
/// A ledger-change job.
public enum LedgerJobKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "ldg"
}
/// An event for the tenant.
public enum EventKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "evt"
}
/// An audit event.
public enum AuditEventKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "aud"
}
/// An evidence envelope: 証跡原本.
public enum EvidenceKindID: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "evd"
}
/// An export of the audit log.
public enum AuditExportKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "axp"
}
/// An intent to call J-LIS.
public enum IntentKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "int"
}

/// A member of a tenant's staff.
public enum StaffKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "stf"
}
/// A person's own door.
public enum DoorKind: IdentifierKind {
  /// Before the underscore.
  public static let prefix = "dor"
}

/// The id of a member of a tenant's staff.
public typealias StaffID = Identifier<StaffKind>
/// The id of a person's own door.
public typealias DoorID = Identifier<DoorKind>
/// The id of a tenant.
public typealias TenantID = Identifier<TenantKind>
/// The id of a subject.
public typealias SubjectID = Identifier<SubjectKind>
/// The id of a binding.
public typealias BindingID = Identifier<BindingKind>
/// The id of a pair.
public typealias PairID = Identifier<PairKind>
/// The id of a notice.
public typealias NoticeID = Identifier<NoticeKind>
/// The id of a consent.
public typealias ConsentID = Identifier<ConsentKind>
/// The id of an onboarding.
public typealias OnboardingID = Identifier<OnboardingKind>
/// The id of a session of a consent or a withdrawal.
public typealias ConsentSessionID = Identifier<ConsentSessionKind>
/// The id of a verification.
public typealias VerificationID = Identifier<VerificationKind>
/// The id of a status check.
public typealias StatusCheckID = Identifier<StatusCheckKind>
/// The id of a ledger-change job.
public typealias LedgerJobID = Identifier<LedgerJobKind>
/// The id of a tenant's event.
public typealias EventID = Identifier<EventKind>
/// The id of an audit event.
public typealias AuditEventID = Identifier<AuditEventKind>
/// The id of an export of the audit log.
public typealias AuditExportID = Identifier<AuditExportKind>
/// The id of an intent.
public typealias IntentID = Identifier<IntentKind>
/// The id of an evidence envelope.
public typealias EvidenceID = Identifier<EvidenceKindID>
