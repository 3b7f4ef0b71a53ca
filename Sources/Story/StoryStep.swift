/// One step of the story: what a reader sees as its heading, and what happens.
public struct StoryStep: Sendable {
  /// Short, stable, unique: part of the idempotency keys.
  public let name: String
  /// The heading.
  public let title: String
  let play: @Sendable (inout Journey, Scene) async throws -> Void

  init(_ name: String, _ title: String, _ play: @escaping @Sendable (inout Journey, Scene) async throws -> Void) {
    self.name = name
    self.title = title
    self.play = play
  }

  /// Plays the step. On an error the journey stays as it was, and the step can be played again on the same stage: it sends the same
  /// requests with the same bytes and the same idempotency keys.
  public func play(_ journey: inout Journey, on stage: Stage) async throws {
    var next = journey
    try await play(&next, Scene(step: name, journeyID: journey.id, stage: stage))
    journey = next
  }
}
