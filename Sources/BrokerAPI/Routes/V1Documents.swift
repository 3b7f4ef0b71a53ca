import Broker
import CitizenItems
import Foundation
import HTTPTypes
import Hummingbird
import StrictJSON

/// `/v1/documents`
struct DocumentRoutes {
  /// The upload's path: for the limits that are different there.
  static let path = "/v1/documents/verifications"

  let endpoint: Endpoint
  let documents: DocumentService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/documents/verifications") { request, context in
      let (caller, draft, write) = try await read(request, context)
      try await endpoint.spend(.signature, caller, context)
      let answer = try await documents.verify(caller, draft, request: write)
      switch caller.status {
      case .deemedVerifier: return try Response.json(DocumentVerificationResultForVerifier(answer))
      case .notVerifier: return try Response.json(DocumentVerificationResultForNonVerifier(answer.outcome))
      }
    }
  }

  /// JSON for what is small or known by its digest, multipart for what is large.
  private func read(_ request: Request, _ context: BrokerRequestContext) async throws -> (Caller, DocumentDraft, RepeatableRequest) {
    let mediaType = request.headers[.contentType]?.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    guard mediaType == DocumentUpload.mediaType else {
      guard mediaType == "application/json" else {
        _ = try await endpoint.caller(.documents, request, context)
        throw Problem.unsupportedMediaType("application/json or \(DocumentUpload.mediaType)")
      }
      let (caller, body, write) = try await endpoint.write(
        DocumentVerificationCreation.self, .documents, request, context, upTo: endpoint.limits.onboardingBodyBytes)
      return (caller, try body.draft(), write)
    }
    let caller = try await endpoint.caller(.documents, request, context)
    let upload = try await DocumentUpload.read(request, limits: endpoint.limits)
    let body = try upload.request.withUnsafeBytes { try StrictDecoder.decode(DocumentUploadRequest.self, from: $0) }
    var bounds = Bounds()
    body.check(&bounds)
    body.check(upload, &bounds)
    guard bounds.faults.isEmpty else { throw JSONFaults(bounds.faults) }
    return (caller, try body.draft(upload), try Endpoint.repeatable(request, upload.fingerprinted))
  }
}

/// Asks for the verification of a document's signature. Prints as `<redacted>`.
struct DocumentVerificationCreation: Decodable, Bounded, Redacted {
  let card: Card
  let content: Base64URLField?
  let digest: Base64URLField?
  let purpose: String
  let consents: [ConsentSelection]?

  /// The largest document in a JSON body, in bytes; larger ones come as multipart.
  static let maximumContent = 1 << 20

  func check(_ bounds: inout Bounds) {
    Self.check(purpose, consents, digest, &bounds)
    bounds.require(content == nil || digest == nil, "/digest", "must not stand beside content")
    if let content {
      bounds.require(
        content.bytes.count <= Self.maximumContent, "/content",
        "must have at most \(Self.maximumContent) bytes; send a larger document as multipart/form-data")
    }
  }

  static func check(_ purpose: String, _ consents: [ConsentSelection]?, _ digest: Base64URLField?, _ bounds: inout Bounds) {
    bounds.length(purpose, "/purpose", 1...64)
    bounds.count(consents, "/consents", 0...16)
    for (index, consent) in (consents ?? []).enumerated() { consent.check(&bounds, "/consents/\(index)") }
    if let digest { bounds.require(digest.bytes.count == 32, "/digest", "must be a SHA-256: 32 bytes") }
  }

  func draft() throws -> DocumentDraft {
    DocumentDraft(
      signature: .card(try card.input()), digest: digest?.bytes ?? content.map { DocumentHash.digest(of: $0.bytes) }, purpose: purpose,
      consents: (consents ?? []).map(\.selection))
  }
}

/// The part `request` of a multipart body. Prints as `<redacted>`.
struct DocumentUploadRequest: Decodable, Redacted {
  let card: Card?
  let digest: Base64URLField?
  let purpose: String
  let consents: [ConsentSelection]?

  func check(_ bounds: inout Bounds) { DocumentVerificationCreation.check(purpose, consents, digest, &bounds) }

  /// What stands in the other parts must not stand here as well.
  func check(_ upload: DocumentUpload, _ bounds: inout Bounds) {
    bounds.require(
      (card == nil) != (upload.message == nil), "/card", "is required, unless the part signature is there; then it must be absent")
    bounds.require(digest == nil || upload.contentDigest == nil, "/digest", "must not stand beside the part content")
  }

  func draft(_ upload: DocumentUpload) throws -> DocumentDraft {
    let signature: DocumentSignature
    if let card {
      signature = .card(try card.input())
    } else if let message = upload.message {
      signature = .message(message)
    } else {
      throw JSONFaults("/card", "is required")
    }
    return DocumentDraft(
      signature: signature, digest: digest?.bytes ?? upload.contentDigest, purpose: purpose, consents: (consents ?? []).map(\.selection))
  }
}

/// How the verification of a document ended, for a `deemedVerifier`. Prints as `<redacted>`.
struct DocumentVerificationResultForVerifier: Encodable, Redacted {
  let id: VerificationID
  let result: String
  let reason: String?
  let subject: SubjectOfResult?
  let items: CertifiedItems?
  let itemsHandedOver: Bool?
  let documentDigest: Base64URLField?
  let pair: PairOfResultForVerifier?
  let receipt: String?
  let verification: VerificationForVerifier

  init(_ answer: DocumentAnswer) {
    let outcome = answer.outcome
    id = outcome.evidence.id
    result = outcome.verdict.result
    reason = outcome.verdict.reason
    subject = outcome.subjectID.map { SubjectOfResult(id: $0) }
    items = answer.items.map(CertifiedItems.init)
    itemsHandedOver = answer.itemsHandedOver ? true : nil
    documentDigest = outcome.digest.map(Base64URLField.init)
    pair = outcome.pair.map { PairOfResultForVerifier($0) }
    receipt = outcome.receipt
    verification = VerificationForVerifier(outcome.evidence)
  }
}

/// How the verification of a document ended, for a `notVerifier`: no item, no reason, no source; of the pair whether it is active.
struct DocumentVerificationResultForNonVerifier: Encodable {
  let id: VerificationID
  let result: String
  let subject: SubjectOfResult?
  let documentDigest: Base64URLField?
  let pair: PairOfResultForNonVerifier?
  let receipt: String?
  let verification: VerificationForNonVerifier

  init(_ outcome: DocumentOutcome) {
    id = outcome.evidence.id
    result = outcome.verdict.coarse
    subject = outcome.verdict.isOK ? outcome.subjectID.map { SubjectOfResult(id: $0) } : nil
    documentDigest = outcome.digest.map(Base64URLField.init)
    pair = outcome.verdict.isOK ? outcome.pair.map { PairOfResultForNonVerifier($0) } : nil
    receipt = outcome.verdict.isOK ? outcome.receipt : nil
    verification = VerificationForNonVerifier(outcome.evidence)
  }
}
