import CitizenItems
import Foundation
import JOSE
import Testing

@testable import Broker

@Suite("The 15 points of a notice for latest items", .serialized)
struct NoticePointTests {
  private static func draft(_ change: (inout [String: String]) -> Void = { _ in }, controller: Bool = true, items: [Item] = Item.allCases)
    -> NoticeDraft
  {
    let complete = NoticeTemplate.english.draft()
    var terms = complete.terms
    change(&terms)
    var record = complete.record
    if !controller { record.controller = nil }
    return NoticeDraft(
      noticeID: nil, serviceID: "main", language: "en", title: complete.title, body: complete.body, purposes: complete.purposes,
      items: items, validFor: "P10Y", withdrawalMethod: complete.withdrawalMethod, terms: terms, record: record)
  }

  @Test func elevenAreRequiredAndFourAreNot() {
    #expect(NoticePoint.allCases.count == 15)
    #expect(NoticePoint.allCases.filter { !$0.isRequired }.map(\.number) == [2, 7, 11, 14])
  }

  @Test(arguments: NoticePoint.allCases)
  func whatIsLeftOutIsNamed(_ point: NoticePoint) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      for text in [nil, " \n"] {
        do {
          _ = try await broker.services.notices.create(
            bank.caller, Self.draft { $0[point.rawValue] = text }, request: try request())
          #expect(!point.isRequired)
        } catch let refusal as Refusal {
          #expect(point.isRequired)
          #expect(refusal.code == "noticePointMissing")
          #expect(refusal.pointer == "/terms/" + point.rawValue)
          #expect(refusal.sentence.contains("point \(point.number) of 15"))
        }
      }
    }
  }

  @Test func controllerAndItemsAreRequired() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      func code(_ draft: NoticeDraft) async throws -> String? {
        try await refusalCode { _ = try await broker.services.notices.create(bank.caller, draft, request: try request()) }
      }
      #expect(try await code(Self.draft(controller: false)) == "noticeControllerMissing")
      #expect(try await code(Self.draft(items: [])) == "noticeItemsMissing")
    }
  }

  @Test func theDigestCoversEverythingThatIsShownAndNothingElse() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      func digest(_ draft: NoticeDraft) async throws -> [UInt8] {
        try await broker.services.notices.create(bank.caller, draft, request: try request()).digest
      }
      let first = try await digest(Self.draft())
      #expect(try await digest(Self.draft()) == first)
      #expect(try await digest(Self.draft { $0["voluntary"] = "Other words." }) != first)
      #expect(try await digest(Self.draft(items: [.name])) != first)
      // What stands in one list is not what stands in the next.
      #expect(try await digest(Self.draft { $0["a"] = "b" }) != (try await digest(Self.draft { $0["ab"] = "" })))
    }
  }

  @Test func eachLanguageHasItsNewestVersion() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let japanese = try await broker.services.notices.create(bank.caller, NoticeTemplate.japanese.draft(), request: try request())
      let draft = NoticeTemplate.english.draft()
      let english = try await broker.services.notices.create(
        bank.caller,
        NoticeDraft(
          noticeID: japanese.id, serviceID: draft.serviceID, language: "en-GB", title: draft.title, body: draft.body,
          purposes: draft.purposes, items: draft.items, validFor: draft.validFor, withdrawalMethod: draft.withdrawalMethod,
          terms: draft.terms, record: draft.record), request: try request())
      #expect(english.version == 2)
      func version(_ language: String) async throws -> Int {
        try await broker.services.notices.get(bank.caller, id: japanese.id, version: nil, language: language).version
      }
      #expect(try await version("ja") == 1)
      #expect(try await version("en") == 2)
      #expect(try await refusalCode { _ = try await version("fr") } == "notFound")
      let read = try await broker.services.notices.get(bank.caller, id: japanese.id, version: 1)
      #expect(read.record == NoticeTemplate.japanese.draft().record)
      #expect(read.terms == japanese.terms)
    }
  }

  @Test func theReceiptHasEveryFieldOfTheStandard() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let notice = try await broker.services.notices.create(bank.caller, NoticeTemplate.japanese.draft(), request: try request())
      let answer = try await broker.onboard(bank, try broker.hanako(), consents: [broker.selection(notice)])
      let consent = try #require(answer.outcome.consents.first)
      let claims = try await broker.claims(of: try await broker.services.consents.receipt(bank.caller, id: consent.id))
      let value = JSONValue.object(claims)
      #expect(value["schema_version"]?.string == "27560:2023")
      #expect(value["record_id"]?.string == consent.id.description)
      #expect(value["pii_principal_id"]?.string == consent.subjectID.description)
      #expect(value["notice"]?["language"]?.string == "ja")
      #expect(value["notice"]?["digest"]?.string == Base64URL.encode(notice.digest))
      let processing = value["processing"]
      #expect(processing?["purpose"]?.array?.compactMap(\.string) == ["customerDueDiligence", "latestItems"])
      #expect(processing?["lawful_basis"]?.string == "consent")
      #expect(processing?["pii_information"]?.array?.count == 4)
      #expect(processing?["pii_controllers"]?.array?.first?.string == bank.id.description)
      #expect(processing?["storage_locations"]?.array?.first?.string == "JP")
      #expect(processing?["retention_period"]?.string == "同意の終了から7年")
      #expect(processing?["jurisdiction"]?.string == "JP")
      #expect(processing?["recipient_third_parties"]?.array?.count == 2)
      #expect(processing?["withdrawal_method"]?.string == notice.withdrawalMethod)
      let party = value["party_identification"]?.array?.first
      #expect(party?["party_id"]?.string == bank.id.description)
      #expect(party?["party_name"]?.string == "架空銀行")
      #expect(party?["party_address"]?.string == "東京都架空区見本町１－２－３")
      #expect(party?["party_contact"]?.string == "03-0000-0000")
      #expect(party?["party_type"]?.string == "controller")
      let events = try #require(value["events"]?.array)
      #expect(events.compactMap { $0["event_state"]?.string } == ["requested", "pendingAtSource", "given"])
      #expect(events.allSatisfy { $0["event_time"]?.integer != nil && $0["entity_id"]?.string != nil && $0["event_type"]?.string != nil })
      #expect(try #require(events.last?["validity_duration"]?.integer) > 3_650 * 86_400)
      #expect(value["source"]?["reference"]?.string?.hasPrefix("SIM-C") == true)
    }
  }
}
