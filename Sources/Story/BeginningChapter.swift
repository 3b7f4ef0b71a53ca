import JOSE

/// Cards, the bank's notice, the edge key: what must be there before anyone can be onboarded.
enum BeginningChapter {
  static let steps: [StoryStep] = [cards, notice, ledgerTags]

  private static let cards = StoryStep("cards", "Hanako and Taro get their My Number Cards") { journey, scene in
    try await scene.tell(
      """
      Two citizens of Kiyose, who exist only here. Each card bears a signing certificate (署名用電子証明書, with the four items 基本4情報 \
      in it) and an authentication certificate (利用者証明用電子証明書, without any).
      """)
    journey.hanako.citizenID = try await scene.newCitizen(.hanako)
    try await scene.note("J-LIS (simulated) issues Hanako's card: \(Invented.hanako.name), \(Invented.hanako.address)")
    journey.taro.citizenID = try await scene.newCitizen(.taro)
    try await scene.note("J-LIS (simulated) issues Taro's card: \(Invented.taro.name), \(Invented.taro.address)")
  }

  private static let notice = StoryStep("notice", "The bank publishes its notice 同意説明") { journey, scene in
    try await scene.tell(
      "What a customer is asked to agree to: that the bank may learn later changes of the four items from J-LIS (最新の利用者情報提供).")
    let answer = try await scene.post(.bank, "/v1/notices") {
      [
        "serviceId": .string(scene.tenant(.bank).serviceID),
        "language": "ja",
        "title": "最新の利用者情報の提供についての同意",
        "body": .string(Invented.noticeBody),
        "purposes": ["customerDueDiligence", "latestItems"],
        "items": ["name", "address", "dateOfBirth", "sex"],
        "validFor": "P10Y",
        "withdrawalMethod": "アプリの「同意の管理」から、または窓口で、いつでも撤回できます。",
        "terms": Invented.noticePoints,
        "controller": ["name": "架空銀行", "address": "東京都架空区見本町１－２－３", "contact": "03-0000-0000"],
        "recipients": ["プラットフォーム事業者（委託先）", "地方公共団体情報システム機構（J-LIS）"],
        "storageLocations": ["JP"],
        "retention": "同意の終了から7年",
      ]
    }
    try await scene.expect(answer, status: 201)
    journey.notice = Journey.Notice(id: try answer.text("id"), version: try answer.integer("version"))
    try await scene.expect(
      "version 1 of the notice, its text fixed by a digest", answer["version"] == 1 && answer["digest"].string != nil, answer.json)
  }

  private static let ledgerTags = StoryStep("ledger-tags", "Beside its ledger 銀行元帳, the bank makes tags of its rows") { journey, scene in
    try await scene.tell(
      """
      The edge key comes wrapped to the bank's registered key; only the bank can open it. yonjo-ledger makes a keyed tag of each row: \
      the rows themselves never leave the bank. The ledger writes Hanako's name in its own way (はな子); Taro's row agrees with his card.
      """)
    journey.ledgerTags = try await scene.ledgerTags(of: [
      Invented.hanakoInLedger(journey.hanakoReference), Invented.taroInLedger(journey.taroReference),
    ])
    for reference in journey.ledgerTags.keys.sorted() {
      try await scene.note("yonjo-ledger: \(reference) → \(ReadableJSON.shortened(journey.ledgerTags[reference]?.first ?? ""))")
    }
    try await scene.expect("one tag a row", journey.ledgerTags.count == 2, .integer(Int64(journey.ledgerTags.count)))
  }
}
