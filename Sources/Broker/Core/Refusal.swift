/// Why a rule said no: a stable code, a sentence, what to do next (law 5). Only BrokerAPI makes a problem document of it.
public struct Refusal: Error, Sendable, Equatable {
  /// The family of a refusal, from which the web edge picks a status.
  public enum Kind: Sendable, Equatable {
    /// The request cannot be understood (400).
    case invalid
    /// Nobody is known to stand behind the request (401).
    case unauthenticated
    /// Known, but not allowed (403).
    case forbidden
    /// Nothing of that name for this tenant (404).
    case notFound
    /// Stands against the present state (409).
    case conflict
    /// Too large for a stated limit (413).
    case tooLarge
    /// Understood, and refused for what it says (422).
    case unprocessable
    /// Too many in a given time (429).
    case tooMany(retryAfterSeconds: Int)
    /// A part that is needed is down (503).
    case unavailable
  }

  /// The family.
  public let kind: Kind
  /// Stable, camelCase, listed in OpenAPI.
  public let code: String
  /// One sentence for people; never personal data, keys or tokens.
  public let sentence: String
  /// What the caller can do next.
  public let nextStep: String
  /// JSON pointer (RFC 6901) into the request, where one field is at fault.
  public let pointer: String?

  /// Makes a refusal.
  public init(_ kind: Kind, _ code: String, _ sentence: String, nextStep: String, pointer: String? = nil) {
    self.kind = kind
    self.code = code
    self.sentence = sentence
    self.nextStep = nextStep
    self.pointer = pointer
  }

  /// Nothing of that id for this tenant: the same answer for another tenant's id and for one that never was.
  public static func notFound(_ what: String) -> Refusal {
    Refusal(.notFound, "notFound", "There is no such \(what).", nextStep: "Check the id; ids belong to the tenant that made them.")
  }

  /// A field that is understood and refused.
  public static func field(_ pointer: String, _ code: String, _ sentence: String, nextStep: String) -> Refusal {
    Refusal(.unprocessable, code, sentence, nextStep: nextStep, pointer: pointer)
  }

  /// A part that is needed is down; nothing was done.
  public static func unavailable(_ part: String) -> Refusal {
    Refusal(
      .unavailable, "dependencyUnavailable", "\(part) cannot be reached; nothing was changed.",
      nextStep: "Repeat with the same Idempotency-Key in a moment.")
  }

  /// What a `notVerifier` tenant may not see (施行規則; jpki.md §9).
  public static let notPermittedForStatus = Refusal(
    .forbidden, "notPermittedForStatus", "This is open to deemed signature verifiers only.",
    nextStep: "Ask the platform operator about entrusting the whole verification (deemedVerifier).")
}
