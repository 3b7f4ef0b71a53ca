/// A request of the story, before it leaves.
public struct StoryRequest: Sendable {
  /// The name of the step that makes it (`StoryStep.name`).
  public let step: String
  /// Whose client sends it.
  public let role: StoryRole
  /// `GET`, `POST` or `DELETE`.
  public let method: String
  /// Path and query.
  public let path: String
  /// Present with writes: derived from the journey's id, the step and the write's number in it, and so the same at every play of the step.
  public let idempotencyKey: String?
  /// What the body is, where there is one.
  public let contentType: String?
  /// Exactly what is sent; the same bytes at every play of the step.
  public let body: [UInt8]?
}

/// A request of the story and its answer.
public struct StoryExchange: Sendable {
  /// What was asked.
  public let request: StoryRequest
  /// HTTP status.
  public let status: Int
  /// Names in lower case.
  public let headers: [(name: String, value: String)]
  /// As received.
  public let body: [UInt8]
  /// From the first byte sent to the last received, retries included.
  public let duration: Duration
}
