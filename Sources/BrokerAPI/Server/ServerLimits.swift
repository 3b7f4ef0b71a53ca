/// What one process takes on (law 7). Sizes in bytes, times in seconds.
public struct ServerLimits: Sendable, Equatable {
  /// A body of an ordinary route.
  public var bodyBytes = 256 << 10
  /// The body of `POST /v1/onboardings`: an application of 1 MiB in base64url, and what stands around it.
  public var onboardingBodyBytes = 1536 << 10
  /// A document that is signed, as multipart; it is hashed as it arrives and never held.
  public var documentBytes = 32 << 20
  /// The time for a document to arrive, from the first byte of the request's head to the last of its body.
  public var documentSeconds = 120
  /// One line of an NDJSON upload.
  public var lineBytes = 64 << 10
  /// All header fields together.
  public var headerBytes = 16 << 10
  /// Path and query.
  public var uriBytes = 4 << 10
  /// Requests being worked on at once; one more is answered 503 `overloaded`.
  public var concurrentRequests = 512
  /// Open connections; more wait in the kernel's queue.
  public var connections = 4096
  /// A connection on which nothing happens is closed.
  public var idleSeconds = 60
  /// From the first byte of a request's head to the last of its body (for an upload: from one part to the next).
  public var requestSeconds = 20
  /// How long open requests may go on after a stop was asked for.
  public var shutdownSeconds = 20

  /// The defaults.
  public init() {}
}
