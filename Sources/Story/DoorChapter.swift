import JOSE

/// A person's own door.
enum DoorChapter {
  static let steps: [StoryStep] = [door]

  private static let door = StoryStep("door", "Taro sees what he agreed to, at a door of his own 本人の扉") { journey, scene in
    try await scene.tell(
      "After a login with the card the bank's app asks for a link that opens once, within ten minutes: there he may withdraw. His consent stands."
    )
    let login = try await CounterChapter.login(.bank, journey.taro, scene)
    try await scene.expect("the card is verified", login["result"] == "ok", login["result"])
    let subject = try scene.known(journey.taro.bankSubjectID)
    let link = try await scene.look(.bank, "/v1/subjects/\(subject)/door") { ["language": "ja"] }
    try await scene.expect(link, status: 201)
    let url = try link.text("url")
    try await scene.expect("a link of his own", url.contains("/door/\(scene.tenant(.bank).id)/"), link["id"])
    try await scene.note("open it in a browser: \(url)")
  }
}
