import JOSE

/// Consent ends; the history stays.
enum WithdrawalChapter {
  static let steps: [StoryStep] = [withdrawal, refusedAfter, compliance, auditTrail]

  private static let withdrawal = StoryStep("withdrawal", "Hanako withdraws her consent 撤回") { journey, scene in
    let consent = try scene.known(journey.hanako.consentID)
    let stopped = try await scene.post(.bank, "/v1/consents/\(consent)/withdrawal") { ["origin": .string(scene.tenant(.bank).origin)] }
    try await scene.expect(stopped, status: 200)
    try await scene.expect("the broker stops at once, before any signature", stopped["state"] == "withdrawnLocally", stopped["state"])
    let early = try await latestItems(journey, scene)
    try await scene.expect("latest items are refused from this moment", isRefused(early), early.json)
    let forwarded = try await scene.post(.bank, "/v1/consents/\(consent)/withdrawal/signature") {
      ["card": try await scene.envelope(of: journey.hanako, for: stopped, role: .bank, keys: .signing)]
    }
    try await scene.expect(forwarded, status: 200)
    try await scene.expect("signed with her new card, it is valid", forwarded["result"] == "ok", forwarded["result"])
    try await scene.expect("and J-LIS has it: withdrawn", forwarded["state"] == "withdrawn", forwarded["state"])
  }

  private static let refusedAfter = StoryStep("latest-items-refused", "Latest items after that: nothing") { journey, scene in
    let result = try await latestItems(journey, scene)
    try await scene.expect("refused, with no items", isRefused(result), result.json)
  }

  private static let compliance = StoryStep("compliance", "Compliance reads who agreed to what, as of any instant") { journey, scene in
    let consent = try scene.known(journey.hanako.consentID)
    try await scene.note("In the console she is found by the bank's own reference: bank-hanako-\(journey.id)")
    let now = try await scene.get(.compliance, "/v1/consents?subjectId=\(try scene.known(journey.hanako.bankSubjectID))")
    try await scene.expect("today: withdrawn", now["consents", "0", "state"] == "withdrawn", now["consents", "0", "state"])
    let given = try scene.known(journey.hanako.consentGivenAt)
    let then = try await scene.get(.compliance, "/v1/consents/\(consent)?at=\(given)")
    try await scene.expect("as of \(given): given", then["state"] == "given", then["state"])
    let history = try await scene.get(.compliance, "/v1/consents/\(consent)/events")
    let states = history["events"].elements.compactMap { $0["state"]?.string }
    try await scene.expect(
      "the whole history: " + states.joined(separator: " → "),
      states.first == "requested" && states.contains("given") && states.contains("withdrawnLocally") && states.last == "withdrawn",
      history["events"])
    let receipt = try await scene.get(.compliance, "/v1/consents/\(consent)/receipt")
    try await scene.expect(
      "a receipt 証跡 (ISO/IEC TS 27560), signed, verified here with the broker's public key",
      try await scene.verifiedReceipt(try receipt.text("receipt")) != nil, receipt.json)
  }

  private static let auditTrail = StoryStep("audit", "… and what was done about Hanako, by whom") { journey, scene in
    let page = try await scene.get(.compliance, "/v1/audit/events?subjectId=\(try scene.known(journey.hanako.bankSubjectID))&pageSize=100")
    try await scene.expect(page, status: 200)
    let kinds = Set(page["auditEvents"].elements.compactMap { $0["kind"]?.string })
    try await scene.expect("an audit event for every action", kinds.count >= 5, .array(kinds.sorted().map { .string($0) }))
    let text = String(decoding: page.body, as: UTF8.self)
    let items = [Invented.hanako.name, Invented.hanako.address, Invented.hanako.newAddress, Invented.hanako.dateOfBirth]
    try await scene.expect("and not one of her items among them", !items.contains { text.contains($0) }, "an item")
  }

  private static func latestItems(_ journey: Journey, _ scene: Scene) async throws -> Answer {
    try await scene.post(.bank, "/v1/subjects/\(try scene.known(journey.hanako.bankSubjectID))/latest-items")
  }

  private static func isRefused(_ answer: Answer) -> Bool {
    let refusals: [JSONValue] = ["notConsented", "consentCancelled"]
    return answer.status == 200 && refusals.contains(answer["outcome"]) && answer["items"] == .null
  }
}
