import COpenSSL
import Foundation
import JPKI
import Testing

struct RevocationListTests {
  private func list(_ recipe: ListRecipe = ListRecipe()) throws -> RevocationList {
    try RevocationList(verifying: recipe.der, issuer: World.signingAnchor, at: World.now)
  }
  private func serial(_ bytes: UInt8...) throws -> Serial { try #require(Serial(bytes)) }

  @Test func aListGivesItsFieldsAndCounts() throws {
    let list = try list()
    #expect(list.number == 2026)
    #expect(list.thisUpdate == Date("2026-07-01T00:00:00Z"))
    #expect(list.nextUpdate == Date("2026-07-02T03:00:00Z"))
    #expect(list.entryCount == 3)
    #expect(list.countsByReason == [.affiliationChanged: 1, .superseded: 1, .other: 1])
    #expect(list.issuerKeyIdentifier == World.signingAuthority.key.identifier)
    #expect(list.distributionPoints.isEmpty)
  }

  @Test func aListTellsChangedFromEndedFromGood() throws {
    let list = try list()
    let time = Date("2026-06-01T00:00:00Z")
    #expect(try list.status(of: serial(0x01, 0xA2, 0xB3, 0xC5), at: World.now) == .revoked(.contentChanged, at: time))
    #expect(try list.status(of: serial(7), at: World.now) == .revoked(.ended, at: time))
    #expect(try list.status(of: serial(9), at: World.now) == .revoked(.ended, at: time))
    #expect(try list.status(of: serial(8), at: World.now) == .good)
  }

  @Test func theIssuerIsFoundByTheKeyThatTheListNames() throws {
    let list = try RevocationList(verifying: ListRecipe().der, trust: World.trust, kind: .signing, at: World.now)
    #expect(list.issuer == World.signingAnchor)
    let younger = try RevocationList(
      verifying: ListRecipe(authority: World.youngerSigningAuthority).der, trust: World.trust, kind: .signing, at: World.now)
    #expect(younger.issuer == World.youngerAnchor)
    #expect(
      reason { () throws(VerificationFailure) in
        _ = try RevocationList(verifying: ListRecipe().der, trust: World.trust, kind: .authentication, at: World.now)
      } == .crlIssuer)
  }

  @Test func anEmptyListIsGoodForAll() throws {
    let list = try list(ListRecipe(entries: []))
    #expect(list.entryCount == 0)
    #expect(try list.status(of: serial(7), at: World.now) == .good)
  }

  @Test func aListThatHasRunOutSaysNothing() throws {
    let list = try list()
    #expect(try list.status(of: serial(7), at: Date("2026-07-02T02:59:59Z")) != .unknown(.crlExpired))
    #expect(try list.status(of: serial(7), at: Date("2026-07-02T03:00:00Z")) == .unknown(.crlExpired))
  }

  @Test func aPartSpeaksOnlyForItsOwn() throws {
    let card = try #require(RevocationListCases.card)
    let own = try list(ListRecipe(point: ListRecipe.part(World.pointName(.signing))))
    #expect(own.distributionPoints == [World.pointName(.signing)])
    #expect(own.status(of: card, at: World.now) == .good)
    #expect(own.status(of: card.serial, at: World.now) == .unknown(.crlOfOtherPart))
    #expect(try own.status(of: serial(7), at: World.now).reason == .ended)
  }

  @Test func longAndShortSerialNumbersAreTold() throws {
    let long = [0x80] + [UInt8](repeating: 0x55, count: 19)
    var recipe = ListRecipe()
    recipe.entries[0].serial = Encoder.integer(long)
    recipe.entries[1].serial = Encoder.integer([0x80, 0, 0, 0, 0, 0, 0, 7])
    let list = try list(recipe)
    #expect(list.status(of: try #require(Serial(long)), at: World.now).reason == .contentChanged)
    #expect(try list.status(of: serial(0x80, 0, 0, 0, 0, 0, 0, 7), at: World.now).reason == .ended)
    #expect(try list.status(of: serial(7), at: World.now) == .good)
  }

  @Test func tenThousandEntriesInAnyOrderAreFound() throws {
    var recipe = ListRecipe()
    recipe.entries = (0..<10_000).map { ListRecipe.Entry(1000 + ($0 * 7919) % 10_000 * 2, reason: UInt8([1, 3, 4, 5][$0 % 4])) }
    let list = try list(recipe)
    #expect(list.entryCount == 10_000)
    #expect(list.countsByReason[.affiliationChanged] == 2500)
    var wrong = 0
    for number in 1000..<21_000 {
      let status = list.status(of: try #require(Serial([UInt8(number >> 8), UInt8(number & 255)])), at: World.now)
      if (status == .good) != (number % 2 == 1) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test func opensslVerifiesTheListThatPasses() throws {
    let der = ListRecipe().der
    let parsed = der.withUnsafeBufferPointer { bytes in
      var cursor = bytes.baseAddress
      return d2i_X509_CRL(nil, &cursor, bytes.count)
    }
    let list = try #require(parsed)
    defer { X509_CRL_free(list) }
    #expect(World.signingAuthority.key.withHandle { X509_CRL_verify(list, $0) } == 1)
  }
}
