import JOSE
import Story
import Testing

/// The whole story, over HTTPS, against the built programs and PostgreSQL.
@Suite struct StoryScenarios {
  @Test func `the story is told to its end`() async throws {
    let told = try await ToldHouse.shared
    #expect(told.recorder.exchanges.count > 60)
    #expect(Set(told.recorder.exchanges.map(\.request.step)).count >= 20)
  }

  @Test func `the same story is told where the bank blinds its tags and the broker evaluates them`() async throws {
    try await Houses.with(tagScheme: "voprf") { house in
      let recorder = StoryRecorder()
      let journey = try await StoryBook.tell(on: Stage(cast: house.cast(), listeners: [recorder]), journey: Journey(id: "voprf"))
      #expect(journey.ledgerTags.values.allSatisfy { $0.count == 1 && $0[0].hasPrefix("voprf.1.1.") })
      #expect(recorder.exchanges.contains { $0.request.path == "/v1/voprf/evaluations" && $0.status == 200 })
    }
  }

  @Test func `every error is a problem with a code`() async throws {
    let told = try await ToldHouse.shared
    let refused = told.recorder.exchanges.filter { $0.status >= 400 }
    #expect(refused.count >= 3)
    for exchange in refused {
      let type = exchange.headers.first { $0.name == "content-type" }?.value ?? ""
      #expect(type.hasPrefix("application/problem+json"), "\(exchange.request.step)")
      #expect(try JSONValue(parsing: exchange.body)["code"]?.string != nil, "\(exchange.request.step)")
    }
  }

  @Test func `answers with items are not to be stored`() async throws {
    let told = try await ToldHouse.shared
    let withItems = told.recorder.exchanges.filter { (try? JSONValue(parsing: $0.body))?["items"]?.object?["address"] != nil }
    #expect(withItems.count >= 4)
    for exchange in withItems {
      #expect(exchange.headers.contains { $0.name == "cache-control" && $0.value.contains("no-store") }, "\(exchange.request.step)")
    }
  }
}
