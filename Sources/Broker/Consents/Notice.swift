public import CitizenItems
public import Foundation
internal import PostgreSQL

/// 同意説明: what a person is shown before they agree. Immutable: a change is a new version.
public struct Notice: Sendable, Codable {
  /// The notice.
  public let id: NoticeID
  /// From 1; a change is a new one.
  public let version: Int
  /// BCP 47.
  public let language: String
  /// What consents to it are given for.
  public let serviceID: String
  /// Shown as its heading.
  public let title: String
  /// Shown in full.
  public let body: String
  /// Purposes of use; `latestItems` makes J-LIS part of the consent.
  public let purposes: [String]
  /// What may be agreed to.
  public let items: [Item]
  /// ISO 8601 duration, such as `P10Y`.
  public let validFor: String
  /// How a consent is withdrawn, in the notice's language.
  public let withdrawalMethod: String
  /// Further points by name; of a notice for latest items those of ``NoticePoint``.
  public let terms: [String: String]
  /// Controller, recipients, storage, and from when the validity counts.
  public let record: NoticeRecord
  /// SHA-256 over everything that is shown.
  public let digest: [UInt8]
  /// When this version was published.
  public let createdAt: Date

  /// From when the validity is counted.
  var validityStart: ValidityStart { record.validityStart }
}

/// From when the validity of a consent is counted: the sources differ (jpki.md §8), so a notice says it.
public enum ValidityStart: String, Sendable, Codable, CaseIterable {
  /// From the day after the day of the signature, in Japan (民法140条).
  case dayAfterConsent
  /// From the day of the signature.
  case consentDay
  /// From the day after the day on which J-LIS had it; from the day after the signature where J-LIS has no part.
  case dayAfterReception
}

/// Who answers for the use of what is agreed to (事業者).
public struct NoticeController: Sendable, Codable, Equatable {
  /// The company's name.
  public let name: String
  /// Its address.
  public let address: String
  /// Telephone or mail, as shown.
  public let contact: String

  /// As it is shown.
  public init(name: String, address: String, contact: String) {
    self.name = name
    self.address = address
    self.contact = contact
  }
}

/// What a notice says for its record and receipt beside its text (ISO/IEC TS 27560).
public struct NoticeRecord: Sendable, Codable, Equatable {
  /// Who answers for it; nil where the tenant said nothing.
  public var controller: NoticeController?
  /// Whom it is passed on to.
  public var recipients: [String]
  /// Where it is kept, such as `JP`.
  public var storageLocations: [String]
  /// For how long, in the notice's language.
  public var retention: String?
  /// From when the validity is counted.
  public var validityStart: ValidityStart

  /// Nothing said: counted from the day after the signature.
  public init(
    controller: NoticeController? = nil, recipients: [String] = [], storageLocations: [String] = [], retention: String? = nil,
    validityStart: ValidityStart = .dayAfterConsent
  ) {
    self.controller = controller
    self.recipients = recipients
    self.storageLocations = storageLocations
    self.retention = retention
    self.validityStart = validityStart
  }
}

/// A notice that is to be published.
public struct NoticeDraft: Sendable {
  /// Nil for a new notice, else the one that gets its next version.
  public let noticeID: NoticeID?
  /// A service of the tenant.
  public let serviceID: String
  /// BCP 47; the consent statement is Japanese for `ja…`, else English.
  public let language: String
  /// Shown as its heading.
  public let title: String
  /// Shown in full.
  public let body: String
  /// At least one.
  public let purposes: [String]
  /// What may be agreed to.
  public let items: [Item]
  /// ISO 8601 duration of years, months or days, at most ten years.
  public let validFor: String
  /// How a consent is withdrawn.
  public let withdrawalMethod: String
  /// Further points by name; where `latestItems` is among the purposes, those of ``NoticePoint`` that are required must be there.
  public let terms: [String: String]
  /// Controller, recipients, storage, and from when the validity counts.
  public let record: NoticeRecord

  /// Puts a draft together; it is checked by ``NoticeService/create(_:_:request:)``.
  public init(
    noticeID: NoticeID?, serviceID: String, language: String, title: String, body: String, purposes: [String], items: [Item],
    validFor: String,
    withdrawalMethod: String, terms: [String: String], record: NoticeRecord = NoticeRecord()
  ) {
    self.noticeID = noticeID
    self.serviceID = serviceID
    self.language = language
    self.title = title
    self.body = body
    self.purposes = purposes
    self.items = items
    self.validFor = validFor
    self.withdrawalMethod = withdrawalMethod
    self.terms = terms
    self.record = record
  }
}

/// SQL of notices.
enum NoticeStore {
  static let columns =
    "notice_id, version, language, service_id, title, body, purposes, items, valid_for, withdrawal_method, terms::text, digest, created_at, controller::text, recipients, storage_locations, retention, validity_start"
  /// The service must exist; a given notice id must be one of this tenant's, and gets its next version.
  static let insert = Statement(
    "insert_notice",
    """
    insert into notices (tenant_id, notice_id, version, language, service_id, title, body, purposes, items, valid_for, withdrawal_method, terms, digest,
      created_at, controller, recipients, storage_locations, retention, validity_start)
    select $1, $2, $3, $4, s.service_id, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19 from services s where s.tenant_id = $1 and s.service_id = $5
    """)
  static let newestVersion = Statement(
    "newest_notice_version", "select coalesce(max(version), 0)::int4 from notices where tenant_id = $1 and notice_id = $2")
  static let get = Statement(
    "get_notice",
    "select \(columns) from notices where tenant_id = $1 and notice_id = $2 and ($3::int4 is null or version = $3) order by version desc limit 1"
  )
  static let ofConsent = Statement(
    "notice_of_consent",
    """
    select \(columns) from notices where tenant_id = $1
      and (notice_id, version) = (select c.notice_id, c.notice_version from consents c where c.tenant_id = $1 and c.consent_id = $2)
    """)
  static let newestOfLanguage = Statement(
    "newest_notice_of_language",
    """
    select \(columns) from notices where tenant_id = $1 and notice_id = $2 and (language = $3 or language like $3 || '-%') order by version desc limit 1
    """)
  static let list = Statement(
    "list_notices",
    """
    select distinct on (notice_id) \(columns) from notices where tenant_id = $1 and notice_id > $2 order by notice_id, version desc limit $3
    """)
}

/// Publishes and reads notices.
public struct NoticeService: Sendable {
  let core: BrokerCore

  /// Publishes a notice, or the next version of one.
  public func create(_ caller: Caller, _ draft: NoticeDraft, request: RepeatableRequest) async throws -> Notice {
    try caller.require(.consentsWrite)
    guard !draft.purposes.isEmpty else {
      throw Refusal.field(
        "/purposes", "purposesMissing", "A notice names at least one purpose.", nextStep: "Name what the items are used for.")
    }
    try NoticePoint.check(draft)
    guard ValidityPeriod(draft.validFor) != nil else {
      throw Refusal.field(
        "/validFor", "durationInvalid", "The validity is not an ISO 8601 duration of years, months or days, at most 10 years.",
        nextStep: "Send for instance P10Y.")
    }
    return try await core.idempotency.once(caller, request) { transaction in
      var version = 1
      if let id = draft.noticeID {
        let newest = try await transaction.query(NoticeStore.newestVersion, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]).rows[0].int(0)
        guard newest > 0 else { throw Refusal.notFound("notice") }
        version = newest + 1
      }
      let notice = Notice(
        id: draft.noticeID ?? core.ids.next(), version: version, language: draft.language, serviceID: draft.serviceID, title: draft.title,
        body: draft.body,
        purposes: draft.purposes, items: draft.items, validFor: draft.validFor, withdrawalMethod: draft.withdrawalMethod,
        terms: draft.terms, record: draft.record,
        digest: Self.digest(draft), createdAt: core.clock.now())
      let inserted = try await transaction.query(
        NoticeStore.insert,
        [
          .uuid(caller.tenantID.uuid), .uuid(notice.id.uuid), .int4(Int32(version)), .text(notice.language), .text(notice.serviceID),
          .text(notice.title),
          .text(notice.body), .textArray(notice.purposes), .textArray(notice.items.map(\.rawValue)), .text(notice.validFor),
          .text(notice.withdrawalMethod),
          .json(AuditTrail.json(notice.terms)), .bytes(notice.digest), .timestamp(notice.createdAt),
          try notice.record.controller.map { .json(String(decoding: try JSONEncoder().encode($0), as: UTF8.self)) } ?? .null,
          .textArray(notice.record.recipients), .textArray(notice.record.storageLocations), .text(optional: notice.record.retention),
          .text(notice.record.validityStart.rawValue),
        ])
      guard inserted.affectedRows == 1 else {
        throw Refusal.field(
          "/serviceId", "serviceUnknown", "The tenant has no service of that id.", nextStep: "Have the operator register it, or use `main`."
        )
      }
      try await transaction.pipeline([
        core.audit.record(.noticeCreated, by: caller, object: notice.id.description, detail: ["version": String(version)])
      ])
      return notice
    }
  }

  /// One version, the newest unless told.
  ///
  /// - Parameter language: the newest version in this language (`ja` finds `ja-JP`, too), where no version is named.
  public func get(_ caller: Caller, id: NoticeID, version: Int?, language: String? = nil) async throws -> Notice {
    try caller.require(.consentsRead)
    let tenant = SQLValue.uuid(caller.tenantID.uuid)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        language.flatMap { version == nil ? BoundStatement(NoticeStore.newestOfLanguage, [tenant, .uuid(id.uuid), .text($0)]) : nil }
          ?? BoundStatement(NoticeStore.get, [tenant, .uuid(id.uuid), version.map { .int4(Int32(clamping: $0)) } ?? .null]),
        core.audit.record(.noticesViewed, by: caller, object: id.description),
      ])
    guard let row = results[0].rows.first else { throw Refusal.notFound("notice") }
    return try Self.notice(row)
  }

  /// The newest version of each.
  public func list(_ caller: Caller, limit: Int, pageToken: String?) async throws -> Page<Notice> {
    try caller.require(.consentsRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          NoticeStore.list,
          [.uuid(caller.tenantID.uuid), .uuid(try PageToken.decode(pageToken)), .int4(Int32(PageToken.limit(limit) + 1))]),
        core.audit.record(.noticesViewed, by: caller),
      ])
    return try PageToken.page(results[0].rows, limit: limit) {
      try Self.notice($0)
    } id: {
      $0.id.uuid
    }
  }

  static func notice(_ row: Row) throws -> Notice {
    Notice(
      id: NoticeID(try row.uuid(0)), version: try row.int(1), language: try row.text(2), serviceID: try row.text(3), title: try row.text(4),
      body: try row.text(5), purposes: try row.textArray(6), items: try row.textArray(7).compactMap(Item.init(rawValue:)),
      validFor: try row.text(8),
      withdrawalMethod: try row.text(9), terms: try JSONDecoder().decode([String: String].self, from: Data(try row.text(10).utf8)),
      record: NoticeRecord(
        controller: try row.optionalText(13).map { try JSONDecoder().decode(NoticeController.self, from: Data($0.utf8)) },
        recipients: try row.textArray(14), storageLocations: try row.textArray(15), retention: try row.optionalText(16),
        validityStart: ValidityStart(rawValue: try row.text(17)) ?? .dayAfterConsent),
      digest: try row.bytes(11), createdAt: try row.timestamp(12))
  }

  /// Everything shown, each part length-prefixed, each list with its count, in a fixed order.
  private static func digest(_ draft: NoticeDraft) -> [UInt8] {
    var bytes = Array("yonjo-notice/2".utf8)
    func add(count: Int) {
      let count = UInt32(count)
      bytes.append(contentsOf: (0..<4).map { UInt8(truncatingIfNeeded: count >> UInt32(24 - 8 * $0)) })
    }
    func add(_ texts: [String]) {
      add(count: texts.count)
      for text in texts {
        add(count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
      }
    }
    let record = draft.record
    add([draft.serviceID, draft.language, draft.title, draft.body, draft.validFor, draft.withdrawalMethod])
    add(draft.purposes)
    add(draft.items.map(\.rawValue))
    add(draft.terms.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
    add(record.controller.map { [$0.name, $0.address, $0.contact] } ?? [])
    add(record.recipients)
    add(record.storageLocations)
    add([record.retention ?? "", record.validityStart.rawValue])
    return bytes.sha256
  }
}

/// An ISO 8601 duration of years, months and days (`P10Y`, `P1Y6M`, `P90D`), at most ten years.
struct ValidityPeriod: Sendable {
  let components: DateComponents

  init?(_ text: String) {
    guard text.utf8.count <= 16, text.first == "P" else { return nil }
    var components = DateComponents()
    var digits = ""
    var order = 0
    for character in text.dropFirst() {
      if character.isASCII, character.isNumber {
        digits.append(character)
        continue
      }
      guard let value = Int(digits), value > 0, value <= 3660 else { return nil }
      switch (character, order) {
      case ("Y", ..<1): components.year = value
      case ("M", ..<2): components.month = value
      case ("D", ..<3): components.day = value
      default: return nil
      }
      order = character == "Y" ? 1 : character == "M" ? 2 : 3
      digits = ""
    }
    guard order > 0, digits.isEmpty else { return nil }
    let days = (components.year ?? 0) * 366 + (components.month ?? 0) * 31 + (components.day ?? 0)
    guard days <= 3660 else { return nil }
    self.components = components
  }

  /// The end of the period, counted from the beginning of a day in Japan.
  func end(from moment: Date, start: ValidityStart) -> Date {
    let calendar = JapaneseCalendar.calendar
    let day = calendar.startOfDay(for: moment)
    let first = start == .consentDay ? day : calendar.date(byAdding: .day, value: 1, to: day) ?? moment
    return calendar.date(byAdding: components, to: first) ?? first
  }
}

/// Days as Japan counts them.
enum JapaneseCalendar {
  static let calendar: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 9 * 3600) ?? .gmt
    return calendar
  }()

  /// The day of an instant, such as `2026-04-01`.
  static func day(_ instant: Date) -> String {
    let parts = calendar.dateComponents([.year, .month, .day], from: instant)
    func padded(_ number: Int?, _ width: Int) -> String {
      let text = String(number ?? 0)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return [padded(parts.year, 4), padded(parts.month, 2), padded(parts.day, 2)].joined(separator: "-")
  }
}
