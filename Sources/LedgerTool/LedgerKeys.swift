internal import BrokerClient
public import CitizenItems
public import Foundation
public import JOSE

/// The tenant's live tag keys, as `GET /v1/tag-keys` hands them over, opened with the bank's registered key.
public struct LedgerKeys: Sendable, CustomStringConvertible {
  /// The keys, lowest version first.
  public let keys: [EdgeKey]

  /// Opens an answer of `GET /v1/tag-keys`.
  ///
  /// Each key is a JWE whose plaintext is `{"kty":"oct","k":…,"version":…}`; it must agree with its fingerprint, and its ruleset must be ours. Keys whose
  /// `notAfter` has passed are left out.
  ///
  /// - Throws: `LedgerToolError`.
  public init(answer: JSONValue, registeredKey: DecryptionKey, at now: Date) throws(LedgerToolError) {
    guard let scheme = answer["scheme"]?.string, let versions = answer["versions"]?.array, versions.count <= 16 else {
      throw .tagKeysMalformed
    }
    guard scheme == TagScheme.hmac.rawValue else { throw .schemeUnknown(scheme) }
    var keys: [EdgeKey] = []
    for version in versions {
      guard let number = version["version"]?.integer, let ruleset = version["ruleset"]?.integer, let wrapped = version["key"]?.string,
        let fingerprint = version["fingerprint"]?.string
      else { throw .tagKeysMalformed }
      if let end = version["notAfter"]?.string {
        guard let date = Self.date(end) else { throw .tagKeysMalformed }
        if date <= now { continue }
      }
      guard ruleset == Int64(CanonicalForm.ruleset) else { throw .rulesetUnknown(Int(ruleset)) }
      let key = try Self.open(wrapped, Int(number), registeredKey)
      guard key.fingerprint == fingerprint else { throw .fingerprintDiffers(version: Int(number)) }
      keys.append(key)
    }
    guard !keys.isEmpty else { throw .noLiveKey }
    self.keys = keys.sorted { $0.version < $1.version }
  }

  /// Fetches and opens the live keys.
  ///
  /// - Throws: `LedgerToolError`.
  public static func fetch(from broker: some LedgerBroker, registeredKey: DecryptionKey, at now: Date) async throws(LedgerToolError)
    -> LedgerKeys
  {
    let answer: BrokerAnswer
    let json: JSONValue
    do throws(BrokerClientError) { answer = try await broker.tagKeys() } catch { throw .client(error) }
    if let problem = answer.problem { throw .refused(problem) }
    do throws(BrokerClientError) { json = try answer.json() } catch { throw .client(error) }
    return try LedgerKeys(answer: json, registeredKey: registeredKey, at: now)
  }

  /// The tags of a ledger row, one per live key, lowest version first.
  ///
  /// - Throws: `CanonicalRefusal` if an item has no canonical form.
  public func tags(of row: DeclaredItems) throws(CanonicalRefusal) -> [EdgeTag] {
    let canonical = try CanonicalForm.bytes(ofLedger: row)
    return keys.map { EdgeTag.hmac(canonical, key: $0) }
  }

  /// The tags of items that a card certified and that were handed to the bank.
  ///
  /// - Throws: `CanonicalRefusal` if an item has no canonical form.
  public func tags(of card: FourItems) throws(CanonicalRefusal) -> [EdgeTag] {
    let canonical = try CanonicalForm.bytes(of: card)
    return keys.map { EdgeTag.hmac(canonical, key: $0) }
  }

  /// Versions alone.
  public var description: String { "tag keys \(keys.map { String($0.version) }.joined(separator: ", "))" }

  private static func open(_ wrapped: String, _ version: Int, _ registeredKey: DecryptionKey) throws(LedgerToolError) -> EdgeKey {
    let plaintext: [UInt8]
    do throws(JOSEError) {
      plaintext = try JSONWebEncryption.decrypt(wrapped) { _ in registeredKey }.plaintext
    } catch {
      throw error == .malformed || error == .tooLarge ? .tagKeysMalformed : .tagKeysNotOpened
    }
    guard let json = try? JSONValue(parsing: plaintext), json["kty"]?.string == "oct", json["version"]?.integer == Int64(version),
      let bytes = json["k"]?.string.flatMap({ Base64URL.decode($0) }), let key = try? EdgeKey(version: version, bytes: bytes)
    else { throw .tagKeysMalformed }
    return key
  }

  /// RFC 3339 in UTC, with or without a fraction.
  static func date(_ text: String) -> Date? {
    (try? Date(text, strategy: .iso8601)) ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
  }
}
