import JOSE

public import Foundation

/// What the story has learnt so far: ids, tags, versions. A value, so that a step that failed half-way leaves no trace and can be played again.
public struct Journey: Sendable {
  /// Distinguishes one telling from another: part of every idempotency key and of the tenants' own references.
  public let id: String

  /// 四情花子: consents to all four items; the bank's ledger spells her name differently.
  public internal(set) var hanako = Person()
  /// 四情太郎: consents to his address alone; his ledger row agrees with his card.
  public internal(set) var taro = Person()
  /// The notice that the bank has published.
  public internal(set) var notice: Notice?
  /// When the fintech got its answer about an expired card, what remained of it without ids and times.
  var fintechRefusal: JSONValue?
  /// The edge tags of the bank's ledger rows before the move, by ledger reference.
  public internal(set) var ledgerTags: [String: [String]] = [:]

  /// A fresh telling.
  /// - Parameter id: 1…32 characters of `A–Z a–z 0–9 -`.
  public init(id: String = String(UUID().uuidString.prefix(8)).lowercased()) {
    self.id = id
  }

  /// The bank's own reference of Hanako, another in each telling.
  public var hanakoReference: String { "C-\(id)-1" }
  /// The bank's own reference of Taro.
  public var taroReference: String { "C-\(id)-2" }

  /// One of the story's people, as the two tenants know them.
  public struct Person: Sendable {
    /// The simulator's id of the citizen.
    public internal(set) var citizenID: String?
    /// Subject at the bank.
    public internal(set) var bankSubjectID: String?
    /// Subject at the fintech: another opaque id for the same person.
    public internal(set) var fintechSubjectID: String?
    /// The consent to latest items, at the bank.
    public internal(set) var consentID: String?
    /// The pair 対 in force at the bank.
    public internal(set) var pairID: String?
    /// The pair that latest items brought.
    public internal(set) var newPairID: String?
    /// When the consent counted from, as the broker says.
    public internal(set) var consentGivenAt: String?
  }

  /// A version of a notice.
  public struct Notice: Sendable {
    /// Its id.
    public let id: String
    /// Its version.
    public let version: Int
  }
}
