import BrokerClient
import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import LedgerTool
public import Story

/// Citizens whom the bank knows: what logins and look-ups are measured with.
public struct Enrolment: Codable, Sendable {
  /// The simulator's ids of the citizens.
  public var citizens: [String]
  /// Their card tags, as the bank makes them; each stands in an active pair.
  public var tags: [String]

  /// Gives cards to invented citizens and onboards each at the bank, with a ledger row that agrees.
  /// - Throws: `BenchFailure` when the broker does not take one of them.
  public static func make(citizens count: Int, cast: StoryCast, progress: @Sendable (Int) -> Void) async throws -> Enrolment {
    let bank = try Bank(cast)
    let keys = try await bank.edgeKeys()
    let envelopeKey = try await bank.envelopeKey()
    var enrolment = Enrolment(citizens: [], tags: [])
    for number in 1...count {
      let person = Invented(number)
      let citizen = try cast.simulator.newCitizen(
        name: person.name, address: person.address, dateOfBirth: person.dateOfBirth, sex: person.sex)
      let tags = try keys.tags(of: person.ledgerRow).map(\.text)
      let session = try await bank.post(
        "/v1/onboardings", ["origin": .string(bank.tenant.origin), "application": ["digest": .string(person.digest)]], 201)
      let id = session["id"]?.string ?? ""
      let envelope = try CitizenDevice(card: try cast.simulator.card(for: citizen.id)).envelope(
        toBeSigned: Base64URL.decode(session["toBeSigned"]?.string ?? "") ?? [], tenantID: bank.tenant.id, sessionID: id, to: envelopeKey)
      let result = try await bank.post(
        "/v1/onboardings/\(id)/signature",
        [
          "card": ["envelope": .string(envelope)], "ledgerTag": .array(tags.map { .string($0) }), "ledgerRef": .string("B-\(number)"),
        ], 200)
      guard result["pair"]?["state"]?.string == "active" else { throw BenchFailure.unexpected("an active pair for every enrolled citizen") }
      enrolment.citizens.append(citizen.id)
      enrolment.tags.append(tags[0])
      progress(number)
    }
    return enrolment
  }

  /// Nobody who exists: numbers in kanji for names.
  private struct Invented {
    let name: String
    let address: String
    let dateOfBirth: String
    let sex = "female"
    let digest: String

    init(_ number: Int) {
      let digits = Array("零一二三四五六七八九")
      name = "計測　" + String(String(number).compactMap(\.wholeNumberValue).map { digits[$0] })
      address = "東京都清瀬市四季町９－９－\(number)"
      dateOfBirth = "\(1960 + number % 40)-0\(1 + number % 9)-1\(number % 10)"
      digest = Base64URL.encode([UInt8](repeating: UInt8(number % 256), count: 32))
    }

    var ledgerRow: DeclaredItems { DeclaredItems(name: name, address: address, dateOfBirth: dateOfBirth, sex: sex) }
  }
}

/// Why nothing could be measured.
public enum BenchFailure: Error, Sendable, CustomStringConvertible {
  /// The broker answered other than the measurement needs.
  case unexpected(String)
  /// A sentence for the terminal.
  public var description: String {
    switch self {
    case .unexpected(let what): "The measurement needs \(what)."
    }
  }
}
