import BrokerClient
import Foundation
import JOSE
import Story
import TestSupport
import Testing

/// After the whole story: what stands in tables, logs, metrics, errors, and in what the fintech got.
@Suite struct SecrecyScenarios {
  /// Everything that the broker leaves behind or says to those who have no right to items.
  private func leftBehind(_ told: ToldHouse) -> Evidence {
    var evidence = Evidence()
    for (name, contents) in told.tables { evidence.add("table \(name)", contents) }
    for (number, line) in told.house.brokerLines.split(separator: "\n").enumerated() {
      evidence.add("log line \(number + 1)", String(line))
    }
    evidence.add("/metrics", told.metrics)
    for answer in told.temptations {
      evidence.add("an error", answer.headers.map { "\($0.name): \($0.value)\n" }.joined() + answer.text)
    }
    for exchange in told.recorder.exchanges where exchange.status >= 400 {
      evidence.add("error at \(exchange.request.step)", exchange.body)
    }
    for exchange in told.recorder.exchanges { evidence.add("path of \(exchange.request.step)", exchange.request.path) }
    return evidence
  }

  /// What the fintech was answered, with headers.
  private func toFintech(_ told: ToldHouse) -> Evidence {
    var evidence = Evidence()
    for exchange in told.recorder.exchanges where exchange.request.role == .fintech {
      evidence.add("headers at \(exchange.request.step)", exchange.headers.map { "\($0.name): \($0.value)\n" }.joined())
      evidence.add("answer at \(exchange.request.step)", exchange.body)
    }
    for answer in told.temptations { evidence.add("an error", answer.text) }
    return evidence
  }

  @Test func `no item is left behind`() async throws {
    let told = try await ToldHouse.shared
    let evidence = leftBehind(told)
    #expect(evidence.byteCount > 50_000)
    #expect(evidence.findings(of: Secrets.items) == [])
  }

  @Test func `no serial and no certificate is left behind`() async throws {
    let told = try await ToldHouse.shared
    let cards = try Secrets.cards(of: told.cast.simulator)
    #expect(cards.serials.count >= 10)
    #expect(leftBehind(told).findings(of: cards.serials + cards.certificates + cards.publicKeys) == [])
  }

  @Test func `no key is left behind`() async throws {
    let told = try await ToldHouse.shared
    let keys = try await Secrets.keys(of: told.house)
    #expect(keys.count >= 6 + 8)
    #expect(leftBehind(told).findings(of: keys) == [])
  }

  @Test func `no token and no assertion is left behind`() async throws {
    let told = try await ToldHouse.shared
    let evidence = leftBehind(told)
    #expect(evidence.findings(of: [.text("token", told.token), .text("assertion", told.assertion)]) == [])
    let signatures = [told.token, told.assertion].map { String($0.split(separator: ".").last ?? "") }
    #expect(evidence.findings(of: signatures.map { .text("signature of a token", $0) }) == [])
    // The clients of the story fetched theirs out of sight: whatever looks like one is one.
    let types = evidence.joseTypes()
    #expect(types.filter { ["at+jwt", "JWT", "card-envelope+jwe", "none"].contains($0.key) } == [:])
  }

  @Test func `no answer holds a serial`() async throws {
    let told = try await ToldHouse.shared
    let cards = try Secrets.cards(of: told.cast.simulator)
    var evidence = Evidence()
    for exchange in told.recorder.exchanges { evidence.add("answer at \(exchange.request.step)", exchange.body) }
    #expect(evidence.findings(of: cards.serials + cards.certificates + cards.publicKeys) == [])
  }

  @Test func `the fintech gets no item, certificate, public key or serial`() async throws {
    let told = try await ToldHouse.shared
    let cards = try Secrets.cards(of: told.cast.simulator)
    let evidence = toFintech(told)
    #expect(evidence.byteCount > 2_000)
    #expect(evidence.findings(of: Secrets.items + cards.serials + cards.certificates + cards.publicKeys) == [])
  }

  @Test func `what the fintech relays of a card it cannot open`() async throws {
    let told = try await ToldHouse.shared
    let cards = try Secrets.cards(of: told.cast.simulator)
    let relayed = told.recorder.exchanges.filter { $0.request.role == .fintech }.compactMap { exchange in
      exchange.request.body.flatMap { try? JSONValue(parsing: $0) }?["card"]
    }
    #expect(relayed.count >= 4)
    let key = try SigningKey(pemRepresentation: String(contentsOfFile: told.house.secrets + "/fintech.pem", encoding: .utf8))
    let own = try KeyAgreementKey(rawRepresentation: key.rawRepresentation)
    for card in relayed {
      #expect(card.object?.keys.sorted() == ["envelope"])
      let envelope = try #require(card["envelope"]?.string)
      #expect(envelope.split(separator: ".", omittingEmptySubsequences: false).count == 5)
      var evidence = Evidence()
      evidence.add("envelope", envelope)
      #expect(evidence.findings(of: Secrets.items + cards.serials + cards.certificates + cards.publicKeys) == [])
      #expect(throws: (any Error).self) { try JSONWebEncryption.decrypt(envelope, with: [own]) }
    }
  }

  @Test func `the events of the fintech tell ids alone`() async throws {
    let told = try await ToldHouse.shared
    let connection = try #require(told.cast.connections[.fintech])
    let answer = try await connection.get("/v1/events?pageSize=500")
    #expect(answer.status == 200)
    let kinds = Set((try answer.json()["events"]?.array ?? []).compactMap { $0["kind"]?.string })
    #expect(
      kinds.isSubset(of: [
        "pair.inactive", "pair.deleted", "consent.given", "consent.renewed", "consent.withdrawn", "consent.reminder", "consent.expiring",
        "consent.expired",
      ]), "\(kinds)")
  }
}
