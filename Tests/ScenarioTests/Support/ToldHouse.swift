import BrokerClient
import Foundation
import JOSE
import Story
import TestSupport

/// A house in which the story was told once without interruption: what the tests that only read have in common.
struct ToldHouse: Sendable {
  let house: House
  let journey: Journey
  let recorder: StoryRecorder
  let cast: StoryCast
  /// How often each thing is there at the end.
  let census: Census
  /// A token, and the assertion that it was given for; both have been used.
  let token: String
  let assertion: String
  /// Answers to requests that are wrong in ways that tempt to repeat what they said.
  let temptations: [Wire.Answer]
  /// `/metrics` after all of it.
  let metrics: String
  /// Every table after all of it.
  let tables: [String: String]

  /// Made when first asked for. Its processes end with the test process, as ``HouseWatchdog`` sees to.
  static var shared: ToldHouse {
    get async throws { try await telling.value }
  }

  private static let telling = Task { try await ToldHouse() }

  /// The same in every telling that is compared with this one.
  static let journeyID = "scenario"

  private init() async throws {
    house = try await Houses.start()
    do {
      recorder = StoryRecorder()
      cast = try house.cast()
      journey = try await StoryBook.tell(on: Stage(cast: cast, listeners: [recorder]), journey: Journey(id: Self.journeyID))
      census = try await Census(of: house, simulator: cast.simulator)
      (token, assertion, temptations, metrics) = try await Self.tempt(house)
      tables = try await Tables.everything(of: house)
    } catch {
      let log = house.brokerLines.split(separator: "\n").suffix(30).joined(separator: "\n")
      await house.end()
      throw HouseFailure("The story was not told to its end: \(error)", log: log)
    }
  }

  /// A client that does everything wrong once, with items and secrets in its hands.
  private static func tempt(_ house: House) async throws -> (token: String, assertion: String, answers: [Wire.Answer], metrics: String) {
    try await Wire.with(house) { wire in
      let granted = try await Token(.fintech, of: house, over: wire)
      let (token, assertion, form, formHeaders) = (granted.text, granted.assertion, granted.form, Token.formHeaders)
      let bearer = [("Authorization", "Bearer " + token), ("Content-Type", "application/json")]
      func keyed(_ name: String) -> [(String, String)] { bearer + [("Idempotency-Key", name)] }
      let items = #""name":"四情　花子","address":"東京都清瀬市四季町１－２－３","dateOfBirth":"1990-04-01""#
      let escaped = "%E5%9B%9B%E6%83%85%E3%80%80%E8%8A%B1%E5%AD%90"
      let answers = [
        try await wire.send("GET", "/v1/subjects/sub_00000000000000000000000000", bearer),
        // The same assertion twice; a token that was cut; a token in the URL.
        try await wire.send("POST", "/oauth2/token", formHeaders, body: form),
        try await wire.send("GET", "/v1/events", [("Authorization", "Bearer " + token.dropLast(4))]),
        try await wire.send("GET", "/v1/events?access_token=\(token)"),
        // Items where none belong: members, values, paths, queries, headers, broken JSON.
        try await wire.send("POST", "/v1/logins", keyed("tempted-1"), body: "{\(items)}"),
        try await wire.send("POST", "/v1/logins", keyed("tempted-2"), body: #"{"origin":"四情　花子"}"#),
        try await wire.send("POST", "/v1/logins", keyed("tempted-3"), body: #"{"origin":["四情　花子"]}"#),
        try await wire.send("POST", "/v1/logins", keyed("tempted-4"), body: #"{"origin":"四情　花子"#),
        try await wire.send("POST", "/v1/logins/\(escaped)/signature", keyed("tempted-5"), body: #"{"card":{"envelope":"四情　花子"}}"#),
        try await wire.send("GET", "/v1/subjects/\(escaped)?name=\(escaped)", bearer),
        try await wire.send("GET", "/\(escaped)", bearer),
        try await wire.send("GET", "/v1/events?pageSize=\(escaped)&after=\(escaped)", bearer),
        try await wire.send(
          "POST", "/v1/onboardings", keyed("tempted-6"), body: #"{"origin":"https://fintech.example","subjectReference":"x",\#(items)}"#),
        try await wire.send("POST", "/v1/subjects/search", keyed("tempted-7"), body: #"{"subjectReference":{\#(items)}}"#),
      ]
      return (token, assertion, answers, try await wire.send("GET", "/metrics").text)
    }
  }
}
