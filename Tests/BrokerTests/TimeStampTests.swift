import Foundation
import JPKI
import Operations
import PostgreSQL
import Synchronization
import TestSupport
import Testing

@testable import Broker

/// What the authority of openssl answers, or what a test puts in its place.
private final class Authority: TimeStampAuthority {
  private let house: TimeStampingAuthority
  private let fault = Mutex<TimeStampFault?>(nil)
  private let asked = Mutex(0)

  init(_ house: TimeStampingAuthority) { self.house = house }

  func fail(with fault: TimeStampFault?) { self.fault.withLock { $0 = fault } }
  var count: Int { asked.withLock { $0 } }

  func answer(_ request: [UInt8]) async throws(TimeStampFault) -> [UInt8] {
    asked.withLock { $0 += 1 }
    if let fault = fault.withLock({ $0 }) { throw fault }
    do { return try house.reply(to: request) } catch { throw .unreachable }
  }
}

@Suite("Time stamps of checkpoints (RFC 3161)", .serialized)
struct TimeStampTests {
  @Test func aStampOfOpenSSLIsBelievedAndNothingElseIs() throws {
    let house = try TimeStampingAuthority()
    defer { house.end() }
    let other = try TimeStampingAuthority()
    defer { other.end() }
    let bytes = Array("a checkpoint".utf8)
    let request = TimeStampRequest(over: bytes, nonce: [UInt8](repeating: 0xFF, count: 16))
    let answer = try house.reply(to: request.der)
    let stamp = try TimeStamp(verifying: answer, answering: request, anchors: house.anchors)
    #expect(abs(stamp.at.timeIntervalSinceNow) < 3_600)
    #expect(try house.verifies(stamp.der, over: bytes))
    // A kept one, years later: without the nonce.
    _ = try TimeStamp(verifying: answer, answering: TimeStampRequest(over: bytes, nonce: nil), anchors: house.anchors)

    func fault(_ der: [UInt8], _ request: TimeStampRequest, _ anchors: [UInt8]) -> TimeStampFault? {
      do throws(TimeStampFault) {
        _ = try TimeStamp(verifying: der, answering: request, anchors: anchors)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault(answer, TimeStampRequest(over: bytes + [0], nonce: nil), house.anchors) == .notVerified)
    #expect(fault(answer, TimeStampRequest(over: bytes, nonce: [1, 2, 3]), house.anchors) == .notVerified)
    #expect(fault(answer, request, other.anchors) == .notVerified)
    #expect(fault(answer, request, []) == .notVerified)
    #expect(fault(answer + [0], request, house.anchors) == .malformed)
    #expect(fault(Array(answer.dropLast()), request, house.anchors) == .malformed)
    #expect(fault([], request, house.anchors) == .malformed)
    #expect(fault([UInt8](repeating: 0x30, count: 70_000), request, house.anchors) == .malformed)
    // PKIStatusInfo with status 2, rejection.
    #expect(fault([0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02], request, house.anchors) == .refused)
    var numbers = SeededNumbers(5)
    for _ in 0..<400 {
      var changed = answer
      changed[Int.random(in: changed.indices, using: &numbers)] ^= UInt8(1 << Int.random(in: 0..<8, using: &numbers))
      // Some bits are not signed (an absent parameter, a comment of the status); none of them changes what is vouched for.
      if let accepted = try? TimeStamp(verifying: changed, answering: request, anchors: house.anchors) { #expect(accepted.at == stamp.at) }
    }
  }

  @Test func checkpointsAreStampedKeptAndVerifiedWithTheirExport() async throws {
    let house = try TimeStampingAuthority()
    defer { house.end() }
    let authority = Authority(house)
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let settings = TimeStampSettings(authority: authority, anchors: house.anchors, intervalSeconds: 3_600)
      let keeper = AuditLogKeeper(core: broker.services.auditKeeper.core, timeStamps: settings)
      try await broker.recordEvents(bank, 20)
      try await broker.bringLogUpToDate()
      await keeper.sweep()
      let view = try await broker.services.auditLog.checkpoint(bank.caller, month: nil)
      let stamp = try #require(view.timeStamp)
      #expect(stamp.note == view.note)
      #expect(try house.verifies(stamp.der, over: Array(view.note.utf8)))
      // Once an interval, however much the log grows.
      let before = authority.count
      try await broker.recordEvents(bank, 20)
      try await broker.bringLogUpToDate()
      await keeper.sweep()
      #expect(authority.count == before)
      broker.wait(seconds: 3_601)
      await keeper.sweep()
      #expect(authority.count == before + 1)
      let export = try await broker.export(bank, .ndjson)
      let report = try await broker.verifyExport(export, anchors: house.anchors)
      #expect(report.damage == [])
      #expect(report.logs[0].timeStampedAt != nil)
      let stranger = try TimeStampingAuthority()
      defer { stranger.end() }
      #expect(try await broker.verifyExport(export, anchors: stranger.anchors).damage.map(\.kind) == [.notSigned])

      // The authority is down: everything else goes on, and it is told.
      authority.fail(with: .unreachable)
      broker.wait(seconds: 3_601)
      try await broker.recordEvents(bank, 1)
      try await broker.bringLogUpToDate()
      await keeper.sweep()
      let state = try #require(try await broker.services.auditLog.jobStates().first { $0.name == "timeStamps" })
      #expect(state.problem == "timeStampAuthorityUnreachable")
      #expect(state.succeededAt != nil)
      authority.fail(with: nil)
      await keeper.sweep()
      let again = try #require(try await broker.services.auditLog.jobStates().first { $0.name == "timeStamps" })
      #expect(again.problem == nil)
    }
  }
}
