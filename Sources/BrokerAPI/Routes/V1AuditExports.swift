import Broker
import Foundation
import HTTPTypes
import Hummingbird
import JOSE
import NIOCore

/// `/v1/audit/exports`
struct AuditExportRoutes {
  let endpoint: Endpoint
  let exports: AuditExportService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/audit/exports") { request, context in
      let (caller, body, write) = try await endpoint.write(AuditExportOrder.self, .auditRead, request, context)
      return try Response.json(AuditExport(try await exports.create(caller, body.order, request: write)), status: .accepted)
    }
    router.get("/v1/audit/exports") { request, context in
      let caller = try await endpoint.caller(.auditRead, request, context)
      let (limit, token) = try Query(request, Query.paging).page()
      let page = try await exports.list(caller, limit: limit, pageToken: token)
      return try Response.json(AuditExportPage(exports: page.elements.map(AuditExport.init), nextPageToken: page.nextPageToken))
    }
    router.get("/v1/audit/exports/{id}") { request, context in
      let caller = try await endpoint.caller(.auditRead, request, context)
      return try Response.json(AuditExport(try await exports.get(caller, id: try context.id())))
    }
    router.get("/v1/audit/exports/{id}/content") { request, context in
      let caller = try await endpoint.caller(.auditRead, request, context)
      return try Self.answer(request, try await exports.content(caller, id: try context.id()))
    }
  }

  /// All of it, or the range that is asked for (RFC 9110 §14): what was cut goes on where it was.
  private static func answer(_ request: Request, _ content: AuditExportContent) throws -> Response {
    let size = content.export.bytes
    let tag = "\"" + Base64URL.encode(content.export.digest ?? []) + "\""
    var headers: HTTPFields = [
      .contentType: content.export.encoding == .csv ? "text/csv; charset=utf-8" : "application/x-ndjson", .acceptRanges: "bytes",
      .eTag: tag,
      .cacheControl: "no-store", .contentDisposition: "attachment; filename=\"\(content.export.id).\(content.export.encoding.rawValue)\"",
    ]
    var range: Range<Int64> = 0..<size
    var status = HTTPResponse.Status.ok
    // Of another representation than the one that the range was meant for, all is sent.
    if let wanted = request.headers[.range], request.headers[.ifRange].map({ $0 == tag }) ?? true, let asked = ByteRange(wanted) {
      guard let part = asked.within(size) else {
        throw Problem(416, "rangeNotSatisfiable", "The export has \(size) bytes.")
      }
      range = part
      status = .partialContent
      headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }
    return Response(status: status, headers: headers, body: body(content, range))
  }

  private static func body(_ content: AuditExportContent, _ range: Range<Int64>) -> ResponseBody {
    ResponseBody(contentLength: Int(range.upperBound - range.lowerBound)) { writer in
      var place = range.lowerBound
      while place < range.upperBound {
        let bytes = try await content.bytes(from: place).prefix(Int(clamping: range.upperBound - place))
        // It expired under the download: the connection breaks off, and the client sees that something is missing.
        guard !bytes.isEmpty else { throw Problem(409, "auditExportExpired", nil) }
        try await writer.write(ByteBuffer(bytes: bytes))
        place += Int64(bytes.count)
      }
      try await writer.finish(nil)
    }
  }
}

/// One range of bytes (RFC 9110 §14.1.2). Several at once, and other units, are not answered: then all is sent, as the RFC lets a server do.
struct ByteRange: Equatable {
  private let first: Int64?
  private let last: Int64?

  init?(_ header: String) {
    guard header.hasPrefix("bytes="), header.utf8.count <= 64 else { return nil }
    let parts = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    func number(_ text: Substring) -> Int64? { text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil }
    guard parts.count == 2, !(parts[0].isEmpty && parts[1].isEmpty) else { return nil }
    first = number(parts[0])
    last = number(parts[1])
    guard (first != nil) == !parts[0].isEmpty, (last != nil) == !parts[1].isEmpty else { return nil }
    if let first, let last, last < first { return nil }
  }

  /// The bytes that it means of so many; nil where there are none.
  func within(_ size: Int64) -> Range<Int64>? {
    guard let first else {
      guard let last, last > 0, size > 0 else { return nil }
      return max(0, size - last)..<size
    }
    guard first < size else { return nil }
    return first..<min(size, (last ?? size - 1) == .max ? size : (last ?? size - 1) + 1)
  }
}

/// What is to be exported.
struct AuditExportOrder: Decodable, Bounded {
  let format: Broker.AuditExportFormat.Encoding
  let after: Date
  let before: Date
  let kinds: [String]?

  func check(_ bounds: inout Bounds) {
    bounds.count(kinds, "/kinds", 1...100)
    bounds.unique(kinds ?? [], "/kinds")
    for (index, kind) in (kinds ?? []).enumerated() { bounds.length(kind, "/kinds/\(index)", 1...64) }
  }

  var order: Broker.AuditExportOrder {
    Broker.AuditExportOrder(encoding: format, after: after, before: before, kinds: (kinds ?? []).sorted())
  }
}

/// How far an export is.
struct AuditExport: Encodable {
  let id: AuditExportID
  let state: AuditExportState
  let format: Broker.AuditExportFormat.Encoding
  let after: Date
  let before: Date
  let kinds: [String]?
  let covered: Int
  let total: Int
  let events: Int
  let bytes: Int?
  let sha256: String?
  let problem: String?
  let createdAt: Date
  let finishedAt: Date?
  let expiresAt: Date?
  let content: String?

  init(_ export: Broker.AuditExport) {
    id = export.id
    state = export.state
    format = export.encoding
    after = export.after
    before = export.before
    kinds = export.kinds.isEmpty ? nil : export.kinds
    covered = export.covered
    total = export.total
    events = export.events
    bytes = export.state == .done ? Int(clamping: export.bytes) : nil
    sha256 = export.digest.map { Base64URL.encode($0) }
    problem = export.problem
    createdAt = export.createdAt
    finishedAt = export.finishedAt
    expiresAt = export.expiresAt
    content = export.state == .done ? "/v1/audit/exports/\(export.id)/content" : nil
  }
}

/// A page of exports.
struct AuditExportPage: Encodable {
  let exports: [AuditExport]
  let nextPageToken: String?
}
