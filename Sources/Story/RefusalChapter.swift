import JOSE

/// What does not pass, and what each tenant may learn about it.
enum RefusalChapter {
  static let steps: [StoryStep] = [otherCard, replayed, expired, revoked]

  private static let otherCard = StoryStep("refused-other-card", "Refused: Taro's key under Hanako's certificate") { journey, scene in
    let session = try await scene.begin(.bank, "/v1/matches")
    let result = try await scene.post(.bank, "/v1/matches/\(try session.text("id"))/signature") {
      ["card": try await scene.plainCard(of: journey.hanako, signedBy: journey.taro, for: session)]
    }
    try await scene.expect(result, status: 200)
    try await scene.expect("a failed verification is a result: signatureInvalid", result["result"] == "signatureInvalid", result["result"])
    try await scene.expect("nobody is matched", result["matched"] == false && result["pair"] == .null, result.json)
  }

  private static let replayed = StoryStep("refused-replayed", "Refused: a signature that was used before") { journey, scene in
    let session = try await scene.begin(.bank, "/v1/matches")
    let path = "/v1/matches/\(try session.text("id"))/signature"
    let card = try await scene.remember("replayed card") { try await scene.plainCard(of: journey.hanako, for: session) }
    let first = try await scene.post(.bank, path) { ["card": card] }
    try await scene.expect("the first time it passes", first["result"] == "ok", first["result"])
    try await scene.tell("The same bytes once more, as someone would who had listened: under a key of their own.")
    let second = try await scene.post(.bank, path) { ["card": card] }
    try await scene.expect(second, status: 200)
    try await scene.expect("replayed", second["result"] == "replayed", second["result"])
  }

  private static let expired = StoryStep("refused-expired", "Refused: an expired certificate") { journey, scene in
    var person = Journey.Person()
    person.citizenID = try await scene.newCitizen(.expired)
    try await scene.note("Jiro's certificates ended on his birthday last year")
    let atBank = try await onboardAtBank(person, "bank-jiro", journey, scene)
    try await scene.expect("the bank learns why: certificateExpired", atBank["result"] == "certificateExpired", atBank["result"])
    let atFintech = try await onboardAtFintech(person, Invented.jiro, "fin-jiro", journey, scene)
    try await scene.expect("the fintech learns only: notConfirmed", atFintech["result"] == "notConfirmed", atFintech["result"])
    journey.fintechRefusal = withoutIDs(atFintech.json)
  }

  private static let revoked = StoryStep("refused-revoked", "Refused: a revoked certificate 失効") { journey, scene in
    var person = Journey.Person()
    person.citizenID = try await scene.newCitizen(.revoked)
    try await scene.note("Saburo has reported his card lost; J-LIS has revoked both certificates")
    let atBank = try await onboardAtBank(person, "bank-saburo", journey, scene)
    try await scene.expect("the bank learns why: certificateRevoked", atBank["result"] == "certificateRevoked", atBank["result"])
    let atFintech = try await onboardAtFintech(person, Invented.saburo, "fin-saburo", journey, scene)
    try await scene.expect("the fintech learns only: notConfirmed", atFintech["result"] == "notConfirmed", atFintech["result"])
    try await scene.expect(
      "ids and times aside, the same answer as for the expired one", withoutIDs(atFintech.json) == journey.fintechRefusal,
      withoutIDs(atFintech.json))
  }

  private static func onboardAtBank(_ person: Journey.Person, _ reference: String, _ journey: Journey, _ scene: Scene) async throws
    -> Answer
  {
    let session = try await OnboardingChapter.beginAtBank(journey, scene, reference: reference, items: ["address"])
    let result = try await scene.post(.bank, "/v1/onboardings/\(try session.text("id"))/signature") {
      ["card": try await scene.envelope(of: person, for: session, role: .bank, keys: .both)]
    }
    try await scene.expect(result, status: 200)
    try await scene.expect("no subject, no items", result["subject"] == .null && result["items"] == .null, result.json)
    return result
  }

  private static func onboardAtFintech(
    _ person: Journey.Person, _ declared: Invented.Citizen, _ reference: String, _ journey: Journey, _ scene: Scene
  ) async throws -> Answer {
    let session = try await OnboardingChapter.beginAtFintech(journey, scene, reference: reference, declared: declared)
    let result = try await scene.post(.fintech, "/v1/onboardings/\(try session.text("id"))/signature") {
      ["card": try await scene.envelope(of: person, for: session, role: .fintech, keys: .both), "declaredItems": scene.declared(declared)]
    }
    try await scene.expect(result, status: 200)
    return result
  }

  /// The answer without what must differ from request to request.
  private static func withoutIDs(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      .object(members.filter { !["id", "checkedAt", "receipt"].contains($0.key) }.mapValues(withoutIDs))
    case .array(let elements): .array(elements.map(withoutIDs))
    default: value
    }
  }
}
