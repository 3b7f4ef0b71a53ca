import Broker
import CitizenItems
import Foundation
import Hummingbird
import StrictJSON

/// `/v1/notices`
struct NoticeRoutes {
  let endpoint: Endpoint
  let notices: NoticeService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/notices") { request, context in
      let (caller, body, write) = try await endpoint.write(NoticeCreation.self, .consentsWrite, request, context)
      return try Response.json(Notice(try await notices.create(caller, body.draft, request: write)), status: .created)
    }
    router.get("/v1/notices") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      let (limit, token) = try Query(request, Query.paging).page()
      let page = try await notices.list(caller, limit: limit, pageToken: token)
      return try Response.json(NoticePage(notices: page.elements.map(Notice.init), nextPageToken: page.nextPageToken))
    }
    router.get("/v1/notices/{id}") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      let query = try Query(request, ["version", "language"])
      let notice = try await notices.get(
        caller, id: try context.id(), version: try query.integer("version", 1...Int(Int32.max)),
        language: try query.text("language", upTo: 35))
      return try Response.json(Notice(notice))
    }
  }
}

/// A notice to be published.
struct NoticeCreation: Decodable, Bounded {
  let noticeId: NoticeID?
  let serviceId: String
  let language: String
  let title: String
  let body: String
  let purposes: [String]
  let items: [Item]
  let validFor: String
  let validityStart: ValidityStart?
  let withdrawalMethod: String
  let terms: [String: String]?
  let controller: NoticeParty?
  let recipients: [String]?
  let storageLocations: [String]?
  let retention: String?

  func check(_ bounds: inout Bounds) {
    bounds.length(serviceId, "/serviceId", 1...64)
    bounds.length(language, "/language", 2...35)
    bounds.length(title, "/title", 1...200)
    bounds.length(body, "/body", 1...65_536)
    bounds.count(purposes, "/purposes", 1...32)
    bounds.unique(purposes, "/purposes")
    bounds.unique(items, "/items")
    bounds.length(withdrawalMethod, "/withdrawalMethod", 1...2_000)
    bounds.count(terms, "/terms", 0...32)
    bounds.length(controller?.name, "/controller/name", 1...200)
    bounds.length(controller?.address, "/controller/address", 1...400)
    bounds.length(controller?.contact, "/controller/contact", 1...400)
    bounds.count(recipients, "/recipients", 0...32)
    bounds.count(storageLocations, "/storageLocations", 0...32)
    bounds.length(retention, "/retention", 1...400)
    for (index, text) in (recipients ?? []).enumerated() { bounds.length(text, "/recipients/\(index)", 1...400) }
    for (index, text) in (storageLocations ?? []).enumerated() { bounds.length(text, "/storageLocations/\(index)", 1...100) }
    for (index, purpose) in purposes.enumerated() { bounds.length(purpose, "/purposes/\(index)", 1...64) }
    for (name, text) in terms ?? [:] { bounds.length(text, JSONPath.root.member("terms").member(name).pointer, 0...4_000) }
  }

  var draft: NoticeDraft {
    NoticeDraft(
      noticeID: noticeId, serviceID: serviceId, language: language, title: title, body: body, purposes: purposes, items: items,
      validFor: validFor,
      withdrawalMethod: withdrawalMethod, terms: terms ?? [:],
      record: NoticeRecord(
        controller: controller.map { NoticeController(name: $0.name, address: $0.address, contact: $0.contact) },
        recipients: recipients ?? [], storageLocations: storageLocations ?? [], retention: retention,
        validityStart: validityStart ?? .dayAfterConsent))
  }
}

/// Who answers for a notice (事業者).
struct NoticeParty: Codable {
  let name: String
  let address: String
  let contact: String
}

/// A notice (同意説明), one version of it.
struct Notice: Encodable {
  let id: NoticeID
  let version: Int
  let serviceId: String
  let language: String
  let title: String
  let body: String
  let purposes: [String]
  let items: [Item]
  let validFor: String
  let withdrawalMethod: String
  let validityStart: ValidityStart
  let terms: [String: String]
  let controller: NoticeParty?
  let recipients: [String]
  let storageLocations: [String]
  let retention: String?
  let digest: Base64URLField
  let createdAt: Date

  init(_ notice: Broker.Notice) {
    id = notice.id
    version = notice.version
    serviceId = notice.serviceID
    language = notice.language
    title = notice.title
    body = notice.body
    purposes = notice.purposes
    items = notice.items
    validFor = notice.validFor
    withdrawalMethod = notice.withdrawalMethod
    validityStart = notice.record.validityStart
    terms = notice.terms
    controller = notice.record.controller.map { NoticeParty(name: $0.name, address: $0.address, contact: $0.contact) }
    recipients = notice.record.recipients
    storageLocations = notice.record.storageLocations
    retention = notice.record.retention
    digest = Base64URLField(notice.digest)
    createdAt = notice.createdAt
  }
}

/// A page of notices.
struct NoticePage: Encodable {
  let notices: [Notice]
  let nextPageToken: String?
}
