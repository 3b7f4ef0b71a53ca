import JOSE

/// Both tenants get to know the same people, each in its own way.
enum OnboardingChapter {
  static let steps: [StoryStep] = [hanakoAtBank, clerkDecides, taroAtBank, hanakoAtFintech]

  private static let hanakoAtBank = StoryStep("onboard-hanako-bank", "Hanako opens an account at the bank") { journey, scene in
    try await scene.tell(
      """
      She signs the application together with her consent 同意 to all four items. Her phone seals both signatures into a card envelope \
      that only the broker can open; the bank relays it unread.
      """)
    let session = try await beginAtBank(journey, scene, reference: "bank-hanako", items: ["name", "address", "dateOfBirth", "sex"])
    let result = try await scene.post(.bank, "/v1/onboardings/\(try session.text("id"))/signature") {
      [
        "card": try await scene.envelope(of: journey.hanako, for: session, role: .bank, keys: .both),
        "ledgerTag": .array((journey.ledgerTags[journey.hanakoReference] ?? []).map { .string($0) }),
        "ledgerRef": .string(journey.hanakoReference),
      ]
    }
    try await scene.expect(result, status: 200)
    try await scene.expect("the card is verified", result["result"] == "ok", result["result"])
    try await scene.expect("a new subject 利用者", result["subject", "isNew"] == true, result["subject"])
    try await scene.expect(
      "her four items, read from the certificate, handed over once",
      result["items"].members.count >= 4 && result["items", "name"] == .string(Invented.hanako.name),
      result["items"])
    try await scene.expect(
      "the ledger spells her differently: the pair 対 awaits a person's decision", result["pair", "state"] == "needsDecision", result["pair"]
    )
    journey.hanako.bankSubjectID = try result.text("subject", "id")
    journey.hanako.pairID = try result.text("pair", "id")
    journey.hanako.consentID = try result.text("consents", "0", "id")
    let consent = try await scene.untilGiven(try result.text("consents", "0", "id"))
    journey.hanako.consentGivenAt = consent["givenAt"].string
    try await scene.expect("J-LIS has her consent", consent["state"] == "given", consent["state"])
  }

  private static let clerkDecides = StoryStep("clerk-decides", "A clerk decides that the ledger's はな子 is Hanako") { journey, scene in
    try await scene.tell(
      "Equal tags are all that the machine decides alone. “Probably the same” is for a person at the bank, on the record.")
    let pair = try scene.known(journey.hanako.pairID)
    let undecided = try await scene.post(.ledger, "/v1/pairs") { ["pairId": .string(pair)] }
    try await scene.expect(undecided, status: 200)
    try await scene.expect("without a decision the tags' difference stands", undecided["state"] == "needsDecision", undecided["state"])
    let decided = try await scene.post(.ledger, "/v1/pairs") {
      [
        "pairId": .string(pair),
        "decision": ["by": "clerk-0107", "basis": "Old spelling in the ledger; identity papers seen at the counter"],
      ]
    }
    try await scene.expect(decided, status: 200)
    try await scene.expect("the pair is active", decided["state"] == "active", decided["state"])
  }

  private static let taroAtBank = StoryStep("onboard-taro-bank", "Taro too, but he consents to his address alone") { journey, scene in
    let session = try await beginAtBank(journey, scene, reference: "bank-taro", items: ["address"])
    let result = try await scene.post(.bank, "/v1/onboardings/\(try session.text("id"))/signature") {
      [
        "card": try await scene.envelope(of: journey.taro, for: session, role: .bank, keys: .both),
        "ledgerTag": .array((journey.ledgerTags[journey.taroReference] ?? []).map { .string($0) }),
        "ledgerRef": .string(journey.taroReference),
      ]
    }
    try await scene.expect(result, status: 200)
    try await scene.expect("the card is verified", result["result"] == "ok", result["result"])
    try await scene.expect(
      "of his items, only the address is handed over", result["items", "address"].string != nil && result["items", "name"] == .null,
      result["items"])
    try await scene.expect("his ledger row agrees with his card: active at once", result["pair", "state"] == "active", result["pair"])
    journey.taro.bankSubjectID = try result.text("subject", "id")
    journey.taro.pairID = try result.text("pair", "id")
    journey.taro.consentID = try result.text("consents", "0", "id")
    let consent = try await scene.untilGiven(try result.text("consents", "0", "id"))
    try await scene.expect("J-LIS has his consent", consent["state"] == "given", consent["state"])
  }

  private static let hanakoAtFintech = StoryStep(
    "onboard-hanako-fintech", "Hanako joins the fintech: she types her items, it learns whether they agree"
  ) { journey, scene in
    try await scene.tell(
      """
      The fintech is a notVerifier: the law lets it learn neither certificate nor status. It sends what she typed; it gets back, item by item, \
      match or mismatch, and nothing read from her card.
      """)
    let session = try await beginAtFintech(journey, scene, reference: "fin-hanako", declared: Invented.hanako)
    let result = try await scene.post(.fintech, "/v1/onboardings/\(try session.text("id"))/signature") {
      [
        "card": try await scene.envelope(of: journey.hanako, for: session, role: .fintech, keys: .both),
        "declaredItems": scene.declared(Invented.hanako),
      ]
    }
    try await scene.expect(result, status: 200)
    try await scene.expect("confirmed", result["result"] == "ok", result["result"])
    try await scene.expect(
      "all four agree", result["itemComparison"] == ["name": "match", "address": "match", "dateOfBirth": "match", "sex": "match"],
      result["itemComparison"])
    try await scene.expect("no items in the answer", result["items"] == .null, result.json)
    journey.hanako.fintechSubjectID = try result.text("subject", "id")
    let receipt = try await scene.verifiedReceipt(try result.text("receipt"))
    try await scene.expect("a signed receipt 証跡 that anyone can verify", receipt != nil, "unverified")
  }

  // MARK: What other chapters begin as well

  static func beginAtBank(_ journey: Journey, _ scene: Scene, reference: String, items: JSONValue) async throws -> Answer {
    guard let notice = journey.notice else { throw scene.failure("a published notice", "none") }
    let session = try await scene.post(.bank, "/v1/onboardings") {
      [
        "subjectReference": .string("\(reference)-\(journey.id)"),
        "origin": .string(scene.tenant(.bank).origin),
        "application": ["digest": .string(scene.digest(of: Invented.application))],
        "consents": [
          [
            "noticeId": .string(notice.id), "version": .integer(Int64(notice.version)),
            "purposes": ["customerDueDiligence", "latestItems"], "items": items,
          ]
        ],
      ]
    }
    try await scene.expect(session, status: 201)
    return session
  }

  static func beginAtFintech(_ journey: Journey, _ scene: Scene, reference: String, declared: Invented.Citizen) async throws -> Answer {
    let session = try await scene.post(.fintech, "/v1/onboardings") {
      [
        "subjectReference": .string("\(reference)-\(journey.id)"),
        "origin": .string(scene.tenant(.fintech).origin),
        "application": ["digest": .string(scene.digest(of: Invented.fintechApplication))],
        "declaredItemsDigest": .string(scene.declaredDigest(declared)),
      ]
    }
    try await scene.expect(session, status: 201)
    return session
  }
}
