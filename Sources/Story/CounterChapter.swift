import JOSE

/// Everyday use: logins, the counter, reconciliation.
enum CounterChapter {
  static let steps: [StoryStep] = [loginAtBank, loginAtFintech, seal, lookUp]

  private static let loginAtBank = StoryStep("login-bank", "Hanako logs in at the bank") { journey, scene in
    try await scene.tell("Her authentication certificate answers a challenge; it holds no items. The bank learns who: its own opaque id.")
    let result = try await login(.bank, journey.hanako, scene)
    try await scene.expect("the card is verified", result["result"] == "ok", result["result"])
    try await scene.expect(
      "the same subject as at onboarding", result["subject", "id"].string == journey.hanako.bankSubjectID, result["subject"])
    try await scene.expect(
      "her active pair, with the bank's own reference", result["pair", "ledgerRef"] == .string(journey.hanakoReference), result["pair"])
  }

  private static let loginAtFintech = StoryStep("login-fintech", "… and at the fintech, where she has another id") { journey, scene in
    let result = try await login(.fintech, journey.hanako, scene)
    try await scene.expect("confirmed", result["result"] == "ok", result["result"])
    try await scene.expect(
      "the fintech's own subject id", result["subject", "id"].string == journey.hanako.fintechSubjectID, result["subject"])
    try await scene.expect(
      "two tenants, two ids that nobody can join", journey.hanako.fintechSubjectID != journey.hanako.bankSubjectID, result["subject"])
  }

  private static let seal = StoryStep("seal", "At the counter her card takes the place of the registered seal 届出印") { journey, scene in
    let session = try await scene.begin(.bank, "/v1/matches")
    let result = try await scene.post(.bank, "/v1/matches/\(try session.text("id"))/signature") {
      ["card": try await scene.plainCard(of: journey.hanako, for: session)]
    }
    try await scene.expect(result, status: 200)
    try await scene.expect("matched", result["result"] == "ok" && result["matched"] == true, result.json)
    try await scene.expect("to her ledger row", result["pair", "ledgerRef"] == .string(journey.hanakoReference), result["pair"])
  }

  private static let lookUp = StoryStep("look-up", "Reconciliation: does this row's tag stand in an active pair?") { journey, scene in
    try await scene.tell(
      "yonjo-ledger makes a tag of items it was handed. Known or not: it is bookkeeping and proves nobody's presence, as the answer says itself."
    )
    let tags = try await scene.cardTags(of: Invented.taro)
    let known = try await scene.look(.ledger, "/v1/matches/tags") { ["cardTag": .string(tags.first ?? "")] }
    try await scene.expect(known, status: 200)
    try await scene.expect("known", known["known"] == true && known["pair", "id"].string == journey.taro.pairID, known.json)
    try await scene.expect("evidence of nothing", known["evidence"] == "none", known["evidence"])
  }

  static func login(_ role: StoryRole, _ person: Journey.Person, _ scene: Scene) async throws -> Answer {
    let session = try await scene.begin(role, "/v1/logins")
    let result = try await scene.post(role, "/v1/logins/\(try session.text("id"))/signature") {
      ["card": try await scene.envelope(of: person, for: session, role: role, keys: .authentication)]
    }
    try await scene.expect(result, status: 200)
    return result
  }
}
