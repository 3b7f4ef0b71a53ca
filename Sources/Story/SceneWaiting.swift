import JOSE

extension Scene {
  /// Reads the consent until J-LIS has it. Forwarding is usually done before the answer; a slow source may need a moment.
  func untilGiven(_ consentID: String) async throws -> Answer {
    try await until("the consent to be given", limit: .seconds(20)) {
      try await get(.compliance, "/v1/consents/\(consentID)")
    } holds: {
      $0["state"] != "pendingAtSource"
    }
  }

  /// Reads until the answer is as wanted.
  func until(_ what: String, limit: Duration, read: () async throws -> Answer, holds: (Answer) -> Bool) async throws -> Answer {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
      let answer = try await read()
      guard answer.status == 200 else { throw failure(what, "\(answer.status)") }
      if holds(answer) { return answer }
      guard clock.now < deadline else { throw failure(what, ReadableJSON.lines(of: answer.json).joined(separator: " ")) }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  /// The kinds of all events about the subject, once these are among them. Events show when no older transaction of the database server runs.
  func eventKinds(_ role: StoryRole, about subjectID: String, with wanted: Set<String>) async throws -> Set<String> {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(60)
    while true {
      let kinds = try await eventKinds(role, about: subjectID)
      if kinds.isSuperset(of: wanted) || clock.now >= deadline { return kinds }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  /// The kinds of all events about the subject so far.
  func eventKinds(_ role: StoryRole, about subjectID: String) async throws -> Set<String> {
    var kinds: Set<String> = []
    var after: String?
    while true {
      let page = try await get(role, "/v1/events?pageSize=500" + (after.map { "&after=\($0)" } ?? ""))
      try await expect(page, status: 200)
      for event in page["events"].elements where event.member(["subjectId"]).string == subjectID {
        if let kind = event.member(["kind"]).string { kinds.insert(kind) }
      }
      let next = try page.text("nextAfter")
      if page["events"].elements.isEmpty || next == after { return kinds }
      after = next
    }
  }
}
