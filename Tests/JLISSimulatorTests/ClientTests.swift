import CitizenItems
import Foundation
import Synchronization
import Testing

@testable import JLIS

@Suite struct ClientTests {
  final class Instants: Sendable {
    private let instant = Mutex(ContinuousClock().now)
    var now: ContinuousClock.Instant { instant.withLock { $0 } }
    func advance(_ duration: Duration) { instant.withLock { $0 = $0.advanced(by: duration) } }
  }

  @Test func aDoorRestsAfterSeveralFailuresAndThenOneCallIsLetThrough() {
    let instants = Instants()
    let breaker = CircuitBreaker(threshold: 2, pause: .seconds(5), now: { instants.now })
    breaker.failed()
    #expect(breaker.mayCall())
    breaker.failed()
    #expect(!breaker.mayCall())
    instants.advance(.seconds(5))
    #expect(breaker.mayCall())
    #expect(!breaker.mayCall())
    breaker.succeeded()
    #expect(breaker.mayCall())
    breaker.failed()
    #expect(breaker.mayCall())
  }

  @Test func aDoorIsOpenThenRestsThenIsTriedByOne() {
    let instants = Instants()
    let breaker = CircuitBreaker(threshold: 1, pause: .seconds(5), now: { instants.now })
    #expect(breaker.doorState == .open)
    breaker.failed()
    #expect(breaker.doorState == .resting)
    instants.advance(.seconds(5))
    #expect(breaker.mayCall())
    #expect(breaker.doorState == .trying)
    breaker.failed()
    #expect(breaker.doorState == .resting)
    #expect(!breaker.mayCall())
    instants.advance(.seconds(5))
    #expect(breaker.mayCall())
    breaker.succeeded()
    #expect(breaker.doorState == .open)
  }

  @Test func whoGivesUpWhileTryingLeavesTheTryToTheNext() {
    let instants = Instants()
    let breaker = CircuitBreaker(threshold: 1, pause: .seconds(5), now: { instants.now })
    breaker.abandoned()
    #expect(breaker.doorState == .open)
    breaker.failed()
    breaker.abandoned()
    #expect(!breaker.mayCall())
    instants.advance(.seconds(5))
    #expect(breaker.mayCall())
    breaker.abandoned()
    #expect(breaker.mayCall())
    #expect(!breaker.mayCall())
  }

  @Test func aTryThatIsNeverHeardOfIsRepeatedAfterAnotherPause() {
    let instants = Instants()
    let breaker = CircuitBreaker(threshold: 1, pause: .seconds(5), now: { instants.now })
    breaker.failed()
    instants.advance(.seconds(5))
    #expect(breaker.mayCall())
    #expect(!breaker.mayCall())
    instants.advance(.seconds(5))
    #expect(breaker.mayCall())
  }

  @Test func aShortQuestionFitsIntoAnAddressAndALongOneDoesNot() {
    #expect(OCSPPath.path(of: [0xFB, 0xFF, 0xFE, 0]) == "%2B%2F%2F%2BAA%3D%3D")
    #expect(OCSPPath.path(of: [UInt8](repeating: 0, count: 189))?.utf8.count == 252)
    #expect(OCSPPath.path(of: [UInt8](repeating: 0, count: 192)) == nil)
  }

  @Test func onlyAnOCSPAnswerIsTakenForOne() {
    #expect(OCSPPath.isAnswer(contentType: "application/ocsp-response"))
    #expect(OCSPPath.isAnswer(contentType: "Application/OCSP-Response ; charset=binary"))
    for type in [nil, "", "text/html", "application/ocsp-request", "text/html; application/ocsp-response"] {
      #expect(!OCSPPath.isAnswer(contentType: type))
    }
  }

  @Test func aRefusalsCodeCannotCarryContent() {
    #expect(JLISRefusal(rawValue: "四情 <花子>\n").rawValue == "")
    #expect(JLISRefusal(rawValue: String(repeating: "a", count: 100)).rawValue.count == 64)
    #expect(JLISRefusal(rawValue: "consentConflict") == .consentConflict)
    #expect("\(JLISError.refused(.signatureInvalid))" == "J-LIS refused: signatureInvalid")
  }

  @Test func whatIsForwardedPrintsAsRedacted() {
    let consent = ForwardedConsent(
      consentID: "c", serviceID: "s", items: [.name], statement: [1], signature: [2], certificate: [3], validFrom: .distantPast,
      validUntil: .distantFuture)
    #expect("\(consent)" == "<redacted>")
    let configuration = JLISClientConfiguration(
      revocationAddress: "http://a", apiAddress: "https://b", trustRootsPEM: "", clientCertificatePEM: "", clientKeyPEM: "SECRET")
    var dumped = "\(configuration) \(String(reflecting: configuration))"
    dump(configuration, to: &dumped)
    #expect(!dumped.contains("SECRET"))
  }

  @Test func aConsentCrossesTheWireUnchangedWithItsTimesRoundedDown() throws {
    let from = Date(timeIntervalSince1970: 1_800_000_000)
    let consent = ForwardedConsent(
      consentID: "c", serviceID: "s", items: [.name, .sex], statement: [1], signature: [2], certificate: [3],
      validFrom: from.addingTimeInterval(0.9), validUntil: from.addingTimeInterval(60.9))
    let bytes = try JLISWire.encode(JLISWire.Consent(consent))
    let read = try JLISWire.decode(JLISWire.Consent.self, from: bytes).consent
    #expect((read.consentID, read.serviceID) == ("c", "s"))
    #expect(read.items == [.name, .sex])
    #expect((read.statement, read.signature, read.certificate) == ([1], [2], [3]))
    #expect(read.validFrom == from)
    #expect(read.validUntil == from.addingTimeInterval(60))
  }

  @Test func aClientWithoutKeysIsNotMade() {
    #expect(throws: JLISError.malformed) {
      try JLISClient(
        JLISClientConfiguration(
          revocationAddress: "http://a", apiAddress: "https://b", trustRootsPEM: "no PEM", clientCertificatePEM: "", clientKeyPEM: ""))
    }
  }

  @Test(arguments: [[], [0x00], [0x0F, 0xA0, 0xFF]])
  func hexadecimalDigitsGoThereAndBack(bytes: [UInt8]) {
    #expect(Hexadecimal.decode(Hexadecimal.encode(bytes)) == bytes)
    #expect(Hexadecimal.decode("0g") == nil)
    #expect(Hexadecimal.decode("abc") == nil)
  }
}
