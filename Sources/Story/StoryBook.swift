/// The story in its order.
public enum StoryBook {
  /// Every step; each begins where the one before ended.
  public static let steps: [StoryStep] =
    BeginningChapter.steps + OnboardingChapter.steps + CounterChapter.steps + DocumentChapter.steps + RefusalChapter.steps
    + MoveChapter.steps + WithdrawalChapter.steps + DoorChapter.steps

  /// Plays all steps in their order.
  /// - Throws: `StoryFailure` where the broker does other than told; whatever a listener or the connection throws.
  /// - Returns: the journey at its end.
  @discardableResult
  public static func tell(on stage: Stage, journey: Journey = Journey()) async throws -> Journey {
    var journey = journey
    for (index, step) in steps.enumerated() {
      for listener in stage.listeners { try await listener.begins(step, number: index + 1, of: steps.count) }
      try await step.play(&journey, on: stage)
    }
    return journey
  }
}
