import Broker
import HTTPTypes
import Hummingbird
import NIOCore

/// A document and its signature as they arrive in a `multipart/form-data` body, hashed on the way: whatever their size, some kilobytes are held.
///
/// Parts: `request` (JSON) first; then, in any order and each at most once, `signature` (a CMS message, DER or BER) and `content` (the document).
struct DocumentUpload {
  static let mediaType = "multipart/form-data"

  private(set) var request: [UInt8] = []
  /// SHA-256 of `content`; nil where there was none.
  private(set) var contentDigest: [UInt8]?
  /// The message of `signature`; nil where there was none.
  private(set) var message: DocumentMessage.Read?
  private var messageDigest: [UInt8]?

  /// What a repeat must bring again, in place of the body: boundaries may differ, and the parts are not kept.
  var fingerprinted: [UInt8] { request + [0] + (contentDigest ?? []) + [0] + (messageDigest ?? []) }

  /// Reads a body to its end.
  ///
  /// - Throws: 400 for one that is malformed, 413 `contentTooLarge` for a part beyond its limit.
  static func read(_ request: Request, limits: ServerLimits) async throws -> DocumentUpload {
    // Both parts at their limits, and what stands around them: beyond that nothing is read at all.
    let most = 2 * limits.documentBytes + limits.bodyBytes + (256 << 10)
    if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced > most {
      throw Problem.contentTooLarge(most)
    }
    var scanner = try MultipartScanner(contentType: request.headers[.contentType] ?? "")
    var reading = Reading(limits: limits)
    for try await piece in request.body {
      try piece.withUnsafeReadableBytes { bytes in
        try scanner.take(bytes) { try reading.take($0) }
      }
    }
    try scanner.finish()
    guard reading.upload.request.isEmpty == false else { throw Problem.invalid(parameter: "/request", "is required: a part of that name") }
    return reading.upload
  }

  /// The part that is being read.
  private struct Reading {
    private enum Part: String {
      case request, signature, content
    }

    let limits: ServerLimits
    var upload = DocumentUpload()
    private var part = Part.request
    private var seen: Set<Part> = []
    private var bytes = 0
    private var hash = DocumentHash()
    private var message = DocumentMessage()

    init(limits: ServerLimits) { self.limits = limits }

    mutating func take(_ event: MultipartScanner.Event) throws(Problem) {
      switch event {
      case .part(let name): try begin(name)
      case .data(let data): try add(data)
      case .partEnd: end()
      }
    }

    private mutating func begin(_ name: String) throws(Problem) {
      guard let next = Part(rawValue: name) else { throw Problem.invalid(parameter: "/" + name, "is not known here") }
      guard seen.insert(next).inserted else { throw Problem.invalid(parameter: "/" + name, "stands there twice") }
      guard seen.contains(.request) else { throw Problem.invalid(parameter: "/request", "must be the first part") }
      part = next
      bytes = 0
      hash = DocumentHash()
    }

    private mutating func add(_ data: UnsafeRawBufferPointer) throws(Problem) {
      bytes += data.count
      let limit =
        switch part {
        case .request: limits.bodyBytes
        case .content: limits.documentBytes
        // Around the document stands what the verifier reads of a message.
        case .signature: limits.documentBytes + (64 << 10)
        }
      guard bytes <= limit else {
        throw Problem(413, "contentTooLarge", "The part \(part.rawValue) may have at most \(limit) bytes.")
      }
      switch part {
      case .request: upload.request.append(contentsOf: data)
      case .content: hash.take(data)
      case .signature:
        hash.take(data)
        message.take(data)
      }
    }

    private mutating func end() {
      switch part {
      case .request: break
      case .content: upload.contentDigest = hash.finish()
      case .signature:
        upload.messageDigest = hash.finish()
        upload.message = message.finish()
      }
    }
  }
}
