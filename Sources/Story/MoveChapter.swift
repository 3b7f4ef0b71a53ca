import JOSE
import LedgerTool

/// Hanako and Taro move; what each consented to decides what the bank learns.
enum MoveChapter {
  static let steps: [StoryStep] = [
    move, statusChecks, fintechMayNot, latestOfHanako, latestOfTaro, ledgerChange, clerkDecidesAgain, sealAgain,
  ]

  private static let move = StoryStep("move", "Hanako and Taro move to another city") { journey, scene in
    try await scene.move(journey.hanako, to: Invented.hanako.newAddress)
    try await scene.note("At the town hall: Hanako's signing certificate is revoked (its content has changed), a new one issued")
    try await scene.move(journey.taro, to: Invented.taro.newAddress)
    try await scene.note("The same for Taro")
  }

  private static let statusChecks = StoryStep("status-checks", "The bank's liveness check 現況確認 says: changed") { journey, scene in
    for (person, name) in [(journey.hanako, "Hanako"), (journey.taro, "Taro")] {
      let subject = try scene.known(person.bankSubjectID)
      let check = try await scene.post(.bank, "/v1/subjects/\(subject)/status-checks") { ["method": "ocsp", "purpose": "livenessCheck"] }
      try await scene.expect(check, status: 201)
      try await scene.expect("\(name)'s signing certificate: changed", check["signing"] == "changed", check["signing"])
      try await scene.expect("the authentication certificate is valid still", check["authentication"] == "valid", check["authentication"])
      let pair = try await scene.get(.ledger, "/v1/pairs/\(try scene.known(person.pairID))")
      try await scene.expect("the pair is stale", pair["state"] == "stale", pair["state"])
    }
    let kinds = try await scene.eventKinds(
      .bank, about: try scene.known(journey.hanako.bankSubjectID), with: ["subject.changed", "pair.stale"])
    try await scene.expect(
      "events told the bank so", kinds.isSuperset(of: ["subject.changed", "pair.stale"]), .array(kinds.sorted().map { .string($0) }))
  }

  private static let fintechMayNot = StoryStep("fintech-may-not", "The fintech asks the same, and may not") { journey, scene in
    let subject = try scene.known(journey.hanako.fintechSubjectID)
    let refused = try await scene.post(.fintech, "/v1/subjects/\(subject)/status-checks") {
      ["method": "ocsp", "purpose": "livenessCheck"]
    }
    try await scene.expect(refused, status: 403)
    try await scene.expect("notPermittedForStatus", refused["code"] == "notPermittedForStatus", refused["code"])
    let theirs = try await scene.get(.fintech, "/v1/subjects/\(try scene.known(journey.hanako.bankSubjectID))")
    try await scene.expect(theirs, status: 404)
    try await scene.expect("another tenant's id is simply not there", theirs["code"] == "notFound", theirs["code"])
  }

  private static let latestOfHanako = StoryStep("latest-items-hanako", "Latest items 最新の利用者情報 of Hanako: all four") { journey, scene in
    try await scene.tell(
      "J-LIS is asked by the old serial, checks its own copy of her consent, and answers the consented items. The broker keeps none of them."
    )
    let result = try await scene.post(.bank, "/v1/subjects/\(try scene.known(journey.hanako.bankSubjectID))/latest-items")
    try await scene.expect(result, status: 200)
    try await scene.expect("updated", result["outcome"] == "updated", result["outcome"])
    try await scene.expect(
      "her new address among four items",
      result["items", "address"] == .string(Invented.hanako.newAddress) && result["items", "name"].string != nil
        && result["items", "dateOfBirth"].string != nil && result["items", "sex"].string != nil, result["items"])
    try await scene.expect("a second pair, pending until the ledger follows", result["pair", "state"] == "pending", result["pair"])
    journey.hanako.newPairID = try result.text("pair", "id")
    let old = try await scene.get(.ledger, "/v1/pairs/\(try scene.known(journey.hanako.pairID))")
    try await scene.expect("the old one stays stale", old["state"] == "stale", old["state"])
  }

  private static let latestOfTaro = StoryStep("latest-items-taro", "Latest items of Taro: his address, nothing else") { journey, scene in
    let result = try await scene.post(.bank, "/v1/subjects/\(try scene.known(journey.taro.bankSubjectID))/latest-items")
    try await scene.expect(result, status: 200)
    try await scene.expect("updated", result["outcome"] == "updated", result["outcome"])
    try await scene.expect(
      "the address alone",
      result["items", "address"] == .string(Invented.taro.newAddress) && result["items", "name"] == .null
        && result["items", "dateOfBirth"] == .null && result["items", "sex"] == .null, result["items"])
    let pair = try await scene.get(.ledger, "/v1/pairs/\(try scene.known(journey.taro.pairID))")
    try await scene.expect(
      "one item makes no tag: his pair stays stale until he comes with his new card", pair["state"] == "stale", pair["state"])
  }

  private static let ledgerChange = StoryStep("ledger-change", "The bank's ledger follows, and tells by tags alone") { journey, scene in
    try await scene.tell(
      "yonjo-ledger push: a line holds the tag before and the tag after, and the bank's own reference. No name, no address.")
    let job = try await scene.pushLedgerChange(
      from: Invented.hanakoInLedger(journey.hanakoReference), to: Invented.hanakoInLedgerAfterMove(journey.hanakoReference))
    try await scene.expect(
      "one line received, one pair deleted", job.received == 1 && job.deleted == 1,
      ["received": .integer(Int64(job.received)), "deleted": .integer(Int64(job.deleted))])
    try await scene.expect("no line refused", job.invalid == 0 && job.rejected == 0, .integer(Int64(job.invalid)))
    let old = try await scene.get(.ledger, "/v1/pairs/\(try scene.known(journey.hanako.pairID))")
    try await scene.expect("the old pair is gone", old.status == 404, .integer(Int64(old.status)))
    let new = try await scene.get(.ledger, "/v1/pairs/\(try scene.known(journey.hanako.newPairID))")
    try await scene.expect(
      "the new one has the ledger's new tag; the spelling still differs: needsDecision", new["state"] == "needsDecision", new["state"])
  }

  private static let clerkDecidesAgain = StoryStep("clerk-decides-again", "The clerk decides once more") { journey, scene in
    let decided = try await scene.post(.ledger, "/v1/pairs") {
      [
        "pairId": .string(try scene.known(journey.hanako.newPairID)),
        "decision": ["by": "clerk-0107", "basis": "Same customer as decided before; the ledger keeps its old spelling"],
      ]
    }
    try await scene.expect(decided, status: 200)
    try await scene.expect("the new pair is active", decided["state"] == "active", decided["state"])
  }

  private static let sealAgain = StoryStep("seal-again", "Her new card takes the seal's place again") { journey, scene in
    let session = try await scene.begin(.bank, "/v1/matches")
    let result = try await scene.post(.bank, "/v1/matches/\(try session.text("id"))/signature") {
      ["card": try await scene.plainCard(of: journey.hanako, for: session)]
    }
    try await scene.expect(result, status: 200)
    try await scene.expect(
      "matched, by the new pair", result["matched"] == true && result["pair", "id"].string == journey.hanako.newPairID, result.json)
  }
}
