internal import Crypto
internal import JPKI

/// SHA-256 of a document as it arrives: the document itself is never held, stored or logged.
public struct DocumentHash: Sendable {
  private var hash = SHA256()

  /// Nothing has come yet.
  public init() {}

  /// Takes the next bytes.
  public mutating func take(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

  /// The digest of what has come, 32 bytes.
  public func finish() -> [UInt8] { Array(hash.finalize()) }

  /// The digest of a document at hand.
  public static func digest(of document: [UInt8]) -> [UInt8] { document.sha256 }
}

/// A CMS message as it arrives: its content is hashed and forgotten, the rest (at most 64 KiB) kept for the verifier.
public struct DocumentMessage: Sendable {
  /// A message that was read to its end.
  public struct Read: Sendable {
    /// The message without its content.
    let detached: Result<[UInt8], VerificationFailure>
    /// SHA-256 of the content that the message carried; nil where it is detached.
    let attachedDigest: [UInt8]?
  }

  private var stream = SignedMessageStream()
  private var hash = SHA256()
  private var failure: VerificationFailure?

  /// Nothing has come yet.
  public init() {}

  /// Takes the next bytes. A message that cannot be read is refused by the verification, not here.
  public mutating func take(_ bytes: UnsafeRawBufferPointer) {
    guard failure == nil else { return }
    var hash = hash
    do throws(VerificationFailure) {
      try stream.take(bytes) { hash.update(bufferPointer: $0) }
    } catch {
      failure = error
    }
    self.hash = hash
  }

  /// The message is complete.
  public func finish() -> Read {
    if let failure { return Read(detached: .failure(failure), attachedDigest: nil) }
    do throws(VerificationFailure) {
      let (message, hadContent) = try stream.finish()
      return Read(detached: .success(message), attachedDigest: hadContent ? Array(hash.finalize()) : nil)
    } catch {
      return Read(detached: .failure(error), attachedDigest: nil)
    }
  }

  /// A message at hand.
  static func read(_ message: [UInt8]) -> Read {
    var reading = DocumentMessage()
    message.withUnsafeBytes { reading.take($0) }
    return reading.finish()
  }
}

/// How a document's signature came.
public enum DocumentSignature: Sendable {
  /// A card envelope, or plain fields.
  case card(CardInput)
  /// A CMS message that was read while it arrived; as plain as plain fields are.
  case message(DocumentMessage.Read)
}

/// A document that a person signed with the signing certificate, to be verified.
public struct DocumentDraft: Sendable {
  /// The signature.
  public let signature: DocumentSignature
  /// SHA-256 of the document; nil where the document is inside a CMS message.
  public let digest: [UInt8]?
  /// The tenant's own word for what the document is, such as `loanContract`: a letter, then letters, digits, `.`, `_`, `-`; 1 to 64 characters.
  public let purpose: String
  /// For which notices the items of the certificate may be handed over with the answer; at most 16.
  public let consents: [ConsentSelection]

  /// Puts a draft together; what it says is checked by ``DocumentService/verify(_:_:request:)``.
  public init(signature: DocumentSignature, digest: [UInt8]?, purpose: String, consents: [ConsentSelection]) {
    self.signature = signature
    self.digest = digest
    self.purpose = purpose
    self.consents = consents
  }
}

/// How the verification of a document ended: ids, codes and digests, fit to be stored.
public struct DocumentOutcome: Sendable, Codable {
  /// How the verification ended.
  public let verdict: Verdict
  /// SHA-256 of the document; nil where none could be read.
  public let digest: [UInt8]?
  /// The subject whom the tenant knows by this certificate; nil for a person whom it does not know, and unless the verdict is ok.
  public let subjectID: SubjectID?
  /// The subject's pair; nil for a client without the scope `matching`.
  public let pair: OnboardedPair?
  /// JWS (RFC 7515) for the tenant to keep; nil unless the verdict is ok.
  public let receipt: String?
  /// The evidence row of this verification; its id is the verification's.
  public let evidence: VerificationEvidence
}

/// The answer: the outcome, and items that are handed over once.
public struct DocumentAnswer: Sendable {
  /// The outcome, without items.
  public let outcome: DocumentOutcome
  /// For deemed verifiers, those that the consents name.
  public let items: DisclosedItems?
  /// A late repeat: the items were handed over before and are not kept.
  public let itemsHandedOver: Bool
}
