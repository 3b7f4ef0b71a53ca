internal import BrokerClient
public import CitizenItems
public import Foundation
public import JOSE

/// Makes tags of scheme `voprf`: blinds canonical forms, has the broker evaluate them a hundred at a time, verifies each proof, and finalises. The broker
/// sees nothing but random points; what it answers is taken only with the proof that it was made under the published key.
public struct VOPRFTagger: LedgerTagger, CustomStringConvertible {
  /// The public keys, lowest version first.
  public let keys: [VOPRFPublicKey]
  private let broker: any LedgerBroker
  private let pause: Duration

  /// Elements of one request, as the contract bounds them.
  static let batch = 100
  /// How often the broker may say that the allowance of this minute is spent, in a row, before that is an error.
  static let patience = 30

  /// Reads an answer of `GET /v1/tag-keys` whose scheme is `voprf`.
  ///
  /// - Parameters:
  ///   - broker: evaluates.
  ///   - pause: how long to wait where the broker does not say when its allowance is open again.
  /// - Throws: `LedgerToolError`, for a key that differs from its fingerprint, another ruleset, or none that is live.
  public init(answer: JSONValue, broker: any LedgerBroker, at now: Date, pause: Duration = .seconds(5)) throws(LedgerToolError) {
    guard let versions = answer["versions"]?.array, versions.count <= 16 else { throw .tagKeysMalformed }
    var keys: [VOPRFPublicKey] = []
    for version in versions {
      guard let number = version["version"]?.integer, let ruleset = version["ruleset"]?.integer,
        let text = version["voprfPublicKey"]?.string, let fingerprint = version["fingerprint"]?.string
      else { throw .tagKeysMalformed }
      if let end = version["notAfter"]?.string {
        guard let date = LedgerKeys.date(end) else { throw .tagKeysMalformed }
        if date <= now { continue }
      }
      guard ruleset == Int64(CanonicalForm.ruleset) else { throw .rulesetUnknown(Int(ruleset)) }
      guard let key = try? VOPRFPublicKey(version: Int(number), text: text) else { throw .tagKeysMalformed }
      guard key.fingerprint == fingerprint else { throw .fingerprintDiffers(version: Int(number)) }
      keys.append(key)
    }
    guard !keys.isEmpty else { throw .noLiveKey }
    self.keys = keys.sorted { $0.version < $1.version }
    self.broker = broker
    self.pause = pause
  }

  /// The tags of each form, one per live key, lowest version first.
  ///
  /// - Throws: `LedgerToolError.evaluationNotProven`, and what the broker or the way to it refuses.
  public func tagLists(of forms: CanonicalForms) async throws(LedgerToolError) -> TagLists {
    var lists = TagLists()
    for start in stride(from: 0, to: forms.count, by: Self.batch) {
      let rows = (start..<min(start + Self.batch, forms.count)).map { Array(forms[$0]) }
      var tags = [[EdgeTag]](repeating: [], count: rows.count)
      for key in keys {
        for (row, tag) in try await evaluate(rows, key).enumerated() { tags[row].append(tag) }
      }
      for row in tags { lists.append(row) }
    }
    return lists
  }

  private func evaluate(_ rows: [[UInt8]], _ key: VOPRFPublicKey) async throws(LedgerToolError) -> [EdgeTag] {
    let blinded: BlindedBatch
    do throws(TagError) { blinded = try key.blind(rows) } catch { throw .tagKeysMalformed }
    let answer = try await ask(key.version, blinded.elements)
    guard let evaluated = answer["evaluated"]?.array, answer["keyVersion"]?.integer == Int64(key.version) else {
      throw .client(.answerMalformed)
    }
    do throws(TagError) {
      return try blinded.finalize(evaluated.map { $0.string.flatMap { Base64URL.decode($0) } ?? [] })
    } catch {
      throw .evaluationNotProven(version: key.version)
    }
  }

  private func ask(_ version: Int, _ elements: [[UInt8]]) async throws(LedgerToolError) -> JSONValue {
    var spent = 0
    while true {
      let answer: BrokerAnswer
      do throws(BrokerClientError) { answer = try await broker.evaluate(keyVersion: version, blinded: elements) } catch {
        throw .client(error)
      }
      if answer.status == 429, spent < Self.patience {
        spent += 1
        let told = answer.header("retry-after").flatMap(Int.init).map { Duration.seconds(min(max($0, 0), 60)) }
        do { try await Task.sleep(for: told ?? pause) } catch { throw .client(.cancelled) }
        continue
      }
      if let problem = answer.problem { throw .refused(problem) }
      do throws(BrokerClientError) { return try answer.json() } catch { throw .client(error) }
    }
  }

  /// Versions alone.
  public var description: String { "voprf keys \(keys.map { String($0.version) }.joined(separator: ", "))" }
}

/// What makes a tenant's tags, of whichever scheme it has.
public enum TenantTagger: LedgerTagger {
  /// By keys that the bank holds.
  case hmac(LedgerKeys)
  /// With the broker's help.
  case voprf(VOPRFTagger)

  /// Fetches the live keys.
  ///
  /// - Parameter registeredKey: opens keys of scheme `hmac`; `voprf` needs none.
  /// - Throws: `LedgerToolError`.
  public static func fetch(
    from broker: some LedgerBroker, registeredKey: DecryptionKey?, at now: Date
  ) async throws(LedgerToolError) -> TenantTagger {
    let answer: BrokerAnswer
    let json: JSONValue
    do throws(BrokerClientError) { answer = try await broker.tagKeys() } catch { throw .client(error) }
    if let problem = answer.problem { throw .refused(problem) }
    do throws(BrokerClientError) { json = try answer.json() } catch { throw .client(error) }
    return try TenantTagger(answer: json, broker: broker, registeredKey: registeredKey, at: now)
  }

  /// Reads an answer of `GET /v1/tag-keys`.
  ///
  /// - Parameter broker: for scheme `voprf`; nil where there is no connection.
  /// - Throws: `LedgerToolError`.
  public init(answer: JSONValue, broker: (any LedgerBroker)?, registeredKey: DecryptionKey?, at now: Date) throws(LedgerToolError) {
    if answer["scheme"]?.string == TagScheme.voprf.rawValue {
      guard let broker else { throw .optionMissing("--url") }
      self = .voprf(try VOPRFTagger(answer: answer, broker: broker, at: now))
    } else {
      guard let registeredKey else { throw .optionMissing("--registered-key") }
      self = .hmac(try LedgerKeys(answer: answer, registeredKey: registeredKey, at: now))
    }
  }

  /// The tags of each form, one per live key, lowest version first.
  public func tagLists(of forms: CanonicalForms) async throws(LedgerToolError) -> TagLists {
    switch self {
    case .hmac(let keys): keys.hmacTagLists(of: forms)
    case .voprf(let tagger): try await tagger.tagLists(of: forms)
    }
  }
}
