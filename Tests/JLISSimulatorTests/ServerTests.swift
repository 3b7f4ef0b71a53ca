import AsyncHTTPClient
import CitizenItems
import Foundation
import JLIS
import JLISSimulator
import JPKI
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import Testing

/// The simulator behind its two ports, asked by `openssl`, by ``JLISClient`` and by strangers.
@Suite struct ServerTests {
  let fixture: Fixture

  init() throws {
    // Servers live by the real clock, as do those who ask them.
    fixture = try Fixture(clock: MovedClock(Date().formatted(.iso8601)))
  }

  /// Serves in a directory of its own until `body` has ended.
  private func serving(_ body: @escaping @Sendable (ServerAddresses, String) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      var configuration = ServerConfiguration(tlsDirectory: directory + "/tls")
      configuration.httpPort = 0
      configuration.tlsPort = 0
      configuration.readyFile = directory + "/ready.json"
      var logger = Logger(label: "test")
      logger.logLevel = .error
      let (ready, announce) = AsyncStream.makeStream(of: ServerAddresses.self)
      let server = SimulatorServer(fixture.simulator, configuration: configuration, logger: logger) { announce.yield($0) }
      let group = ServiceGroup(services: [server], logger: logger)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        tasks.addTask {
          var iterator = ready.makeAsyncIterator()
          let addresses = try #require(await iterator.next())
          do {
            try await body(addresses, directory)
          } catch {
            await group.triggerGracefulShutdown()
            throw error
          }
          await group.triggerGracefulShutdown()
        }
        try await tasks.waitForAll()
      }
    }
  }

  private func client(_ addresses: ServerAddresses, _ directory: String) throws -> JLISClient {
    let read: (String) throws -> String = { try String(contentsOfFile: "\(directory)/tls/\($0)", encoding: .utf8) }
    return try JLISClient(
      JLISClientConfiguration(
        revocationAddress: addresses.http, apiAddress: addresses.api, trustRootsPEM: read("ca.pem"),
        clientCertificatePEM: read("broker.pem"),
        clientKeyPEM: read("broker.key")))
  }

  @Test(arguments: [(CertificateKind.signing, "sign"), (.authentication, "auth")])
  func opensslOCSPVerifiesGoodAndRevoked(kind: CertificateKind, authority: String) async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      let citizen = try fixture.hanako()
      let der = kind == .signing ? citizen.signingCertificate : citizen.authenticationCertificate
      let root = try write(pem(fixture.simulator.root(kind)), "root.pem", in: directory)
      let leaf = try write(pem(der), "leaf.pem", in: directory)
      let ask = { (extra: [String]) in
        try await openssl(
          ["ocsp"] + extra + ["-issuer", root, "-cert", leaf, "-url", "\(addresses.http)/ocsp/\(authority)", "-CAfile", root])
      }
      for extra in [[], ["-sha256"], ["-no_nonce"]] {
        let good = try await ask(extra)
        #expect(good.text.contains("Response verify OK") && good.text.contains("leaf.pem: good"), "\(good.text)")
      }
      try fixture.simulator.revoke(citizen.id, kind: kind, reason: .keyCompromise)
      let revoked = try await ask([])
      #expect(revoked.text.contains("Response verify OK") && revoked.text.contains("leaf.pem: revoked"), "\(revoked.text)")
      #expect(revoked.text.contains("Reason: keyCompromise"), "\(revoked.text)")
    }
  }

  @Test(arguments: [(CertificateKind.signing, "sign"), (.authentication, "auth")])
  func opensslCRLVerifiesTheList(kind: CertificateKind, authority: String) async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      let citizen = try fixture.hanako()
      try fixture.simulator.revoke(citizen.id, kind: kind, reason: .affiliationChanged)
      let root = try write(pem(fixture.simulator.root(kind)), "root.pem", in: directory)
      let response = try await HTTPClient.shared.execute(
        HTTPClientRequest(url: "\(addresses.http)/crl/\(authority).crl"), timeout: .seconds(10))
      #expect(response.headers.first(name: "Content-Type") == "application/pkix-crl")
      let list = try write(Array(try await response.body.collect(upTo: 1 << 20).readableBytesView), "list.crl", in: directory)
      let result = try await openssl(["crl", "-inform", "DER", "-in", list, "-verify", "-CAfile", root, "-noout", "-text"])
      #expect(result.text.contains("verify OK"), "\(result.text)")
      #expect(result.text.contains("Affiliation Changed"))
    }
  }

  @Test(arguments: [
    "delegated, by name", "authority", "authority, by name", "sha1", "sha256", "no nextUpdate", "no nonce", "signed requests",
  ])
  func opensslOCSPGetsAlongWithEachSwitch(_ position: String) async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      var switches = ResponderSwitches()
      if position.hasPrefix("authority") { switches.signer = .authority }
      if position.hasSuffix("by name") { switches.naming = .name }
      switches.givesNextUpdate = position != "no nextUpdate"
      switches.echoesNonce = position != "no nonce"
      switches.hashes = ResponderSwitches.Hashes(rawValue: position) ?? .both
      switches.requests = position == "signed requests" ? .signed : .any
      try fixture.simulator.setResponderSwitches(switches)
      let root = try write(pem(try fixture.simulator.root(.signing)), "root.pem", in: directory)
      let leaf = try write(pem(try fixture.hanako().signingCertificate), "leaf.pem", in: directory)
      func ask(_ extra: [String]) async throws -> (code: Int32, text: String) {
        try await openssl(
          ["ocsp", "-issuer", root] + extra + ["-cert", leaf, "-url", "\(addresses.http)/ocsp/sign", "-CAfile", root])
      }
      let signing = ["-signer", "\(directory)/tls/broker.pem", "-signkey", "\(directory)/tls/broker.key"]
      let result = try await ask(switches.hashes == .sha256 ? ["-sha256"] : switches.requests == .signed ? signing : [])
      #expect(result.code == 0)
      #expect(result.text.contains("Response verify OK"), "\(result.text)")
      #expect(result.text.contains("leaf.pem: good"))
      #expect(result.text.contains("Next Update") == switches.givesNextUpdate)
      #expect(result.text.contains("no nonce in response") == !switches.echoesNonce)
      if switches.requests == .signed { #expect(try await ask([]).text.contains("sigrequired")) }
      if switches.hashes == .sha256 { #expect(try await ask([]).text.contains("unauthorized")) }
    }
  }

  @Test func aClientAsksByGETAndPOSTSignedOrNot() async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      let read: (String) throws -> String = { try String(contentsOfFile: "\(directory)/tls/\($0)", encoding: .utf8) }
      let signer = try OCSPRequestSigner(certificatePEM: read("broker.pem"), keyPEM: read("broker.key"))
      let certificate = try fixture.verified(fixture.hanako().signingCertificate, .signing)
      for method in JLISClientConfiguration.OCSPMethod.allCases {
        var configuration = try JLISClientConfiguration(
          revocationAddress: addresses.http, apiAddress: addresses.api, trustRootsPEM: read("ca.pem"),
          clientCertificatePEM: read("broker.pem"), clientKeyPEM: read("broker.key"))
        configuration.ocspMethod = method
        let client = try JLISClient(configuration)
        for settings in [OCSPSettings(nonceBytes: 16), OCSPSettings(nonce: .none), OCSPSettings(hash: .sha256, signer: signer)] {
          var random = SystemRandomNumberGenerator()
          let inquiry = try OCSPInquiry(serial: certificate.serial, issuer: certificate.issuer, settings: settings, using: &random)
          let answer = try await client.ocsp(inquiry.request, kind: .signing)
          #expect(inquiry.decide(answer, at: Date()).status == .good, "\(method)")
        }
        await client.close()
      }
    }
  }

  @Test(arguments: [
    (Faults.OCSPFault.cut, JLISError.unavailable), (.huge, .tooLarge), (.redirected, .unavailable), (.wrongType, .malformed),
    (.down, .unavailable),
  ])
  func whatHappensToAnAnswerOnTheWayIsNoAnswer(_ fault: Faults.OCSPFault, _ error: JLISError) async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      let client = try client(addresses, directory)
      let certificate = try fixture.verified(fixture.hanako().signingCertificate, .signing)
      try fixture.simulator.setFaults(Faults(ocsp: fault))
      await #expect(throws: error) {
        try await client.ocsp(OCSPRequestMessage.make(certificate: certificate, nonce: nil), kind: .signing)
      }
      await client.close()
    }
  }

  @Test func aListComesWholeInPartsCutOrWithoutEnd() async throws {
    let fixture = fixture
    try await serving { addresses, _ in
      func get(_ path: String) async throws -> HTTPClientResponse {
        try await HTTPClient.shared.execute(HTTPClientRequest(url: addresses.http + path), timeout: .seconds(10))
      }
      let part = try await get("/crl/sign/13221.crl")
      #expect(part.headers.first(name: "Content-Type") == "application/pkix-crl")
      #expect(try await Array(part.body.collect(upTo: 65_536).readableBytesView).starts(with: [0x30, 0x82]))
      #expect(try await get("/crl/sign/00000.crl").status == .notFound)
      try fixture.simulator.setFaults(Faults(crl: .cut))
      let cut = try await get("/crl/auth.crl")
      await #expect(throws: (any Error).self) { _ = try await cut.body.collect(upTo: 65_536) }
      try fixture.simulator.setFaults(Faults(crl: .huge))
      let huge = try await get("/crl/auth.crl")
      await #expect(throws: NIOTooManyBytesError.self) { _ = try await huge.body.collect(upTo: 4_000_000) }
    }
  }

  @Test func faultsAndSwitchesAreTurnedOverTheAPI() async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .file(directory + "/tls/ca.pem")
      tls.certificateChain = try NIOSSLCertificate.fromPEMFile(directory + "/tls/broker.pem").map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: directory + "/tls/broker.key", format: .pem))
      let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(tlsConfiguration: tls))
      func put(_ path: String, _ body: String) async throws -> UInt {
        var request = HTTPClientRequest(url: "\(addresses.api)/sim/v1/control/\(path)")
        request.method = .PUT
        request.body = .bytes(Array(body.utf8))
        return try await client.execute(request, timeout: .seconds(5)).status.code
      }
      #expect(try await put("faults", #"{"ocsp":"wrongNonce","crl":"delta"}"#) == 200)
      #expect(try fixture.simulator.faults == Faults(ocsp: .wrongNonce, crl: .delta))
      #expect(try await put("faults", #"{"ocsp":"nonsense"}"#) == 400)
      #expect(try await put("faults", "{}") == 200)
      #expect(try fixture.simulator.faults == .none)
      let switches =
        #"{"signer":"authority","naming":"name","hashes":"sha256","requests":"any","givesNextUpdate":false,"echoesNonce":true}"#
      #expect(try await put("responder", switches) == 200)
      #expect(try fixture.simulator.responderSwitches.signer == .authority)
      try await client.shutdown()
    }
  }

  @Test func ocspAnswersGETAsWell() async throws {
    let fixture = fixture
    try await serving { addresses, _ in
      let certificate = try fixture.verified(fixture.hanako().signingCertificate, .signing)
      let question = Data(OCSPRequestMessage.make(certificate: certificate, nonce: nil)).base64EncodedString()
      let path = try #require(question.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let response = try await HTTPClient.shared.execute(
        HTTPClientRequest(url: "\(addresses.http)/ocsp/sign/\(path)"), timeout: .seconds(10))
      #expect(response.headers.first(name: "Content-Type") == "application/ocsp-response")
      let answer = Array(try await response.body.collect(upTo: 65_536).readableBytesView)
      let decision = JPKI.OCSPAnswer.verify(
        answer, serial: certificate.serial, issuer: certificate.issuer, nonce: nil, at: fixture.clock.now)
      #expect(decision.status == .good)
    }
  }

  @Test func theClientDoesOverHTTPWhatTheServiceDoesInProcess() async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      let client = try client(addresses, directory)
      let hanako = try fixture.hanako()
      let taro = try fixture.taro()
      let signing = try fixture.serial(hanako.signingCertificate)
      #expect(try await client.belongTogether(signing: signing, authentication: fixture.serial(hanako.authenticationCertificate)))
      #expect(try await !client.belongTogether(signing: signing, authentication: fixture.serial(taro.authenticationCertificate)))
      let consent = try fixture.consent(hanako, items: [.address, .name])
      let reception = try await client.registerConsent(consent)
      #expect(try await fixture.service.registerConsent(consent) == reception)
      let moved = try fixture.simulator.move(hanako.id, newAddress: "沖縄県那覇市１")
      #expect(try await client.successor(of: signing, kind: .signing) == fixture.serial(moved.signingCertificate))
      let phone = try fixture.simulator.newPhone(hanako.id, medium: .android)
      #expect(
        try await client.cardCounterpart(of: fixture.serial(phone.signingCertificate), kind: .signing)
          == fixture.serial(moved.signingCertificate))
      let answer = try await client.latestItems(oldSigningSerial: signing, serviceID: "bank-service", consentID: "con_1")
      guard case .updated(let items, let serial) = answer else {
        Issue.record("not updated")
        return
      }
      #expect(items.items == [.address, .name])
      #expect(items.address?.text == "沖縄県那覇市１")
      #expect(items.address?.substitutes.count == 7)
      #expect(serial == (try fixture.serial(moved.signingCertificate)))
      let cancellation = try await client.cancelConsent(fixture.cancellation(moved))
      let page = try await client.cancellations(serviceID: "bank-service", after: nil)
      #expect(page.cancellations == [CancelledConsent(consentID: "con_1", cancelledAt: cancellation.cancelledAt, directly: false)])
      let certificate = try fixture.verified(taro.signingCertificate, .signing)
      let ocsp = try await client.ocsp(OCSPRequestMessage.make(certificate: certificate, nonce: [1, 2, 3]), kind: .signing)
      let decision = JPKI.OCSPAnswer.verify(
        ocsp, serial: certificate.serial, issuer: certificate.issuer, nonce: [1, 2, 3], at: fixture.clock.now)
      #expect(decision.status == .good)
      #expect(try await !client.revocationList(kind: .authentication).isEmpty)
      await client.close()
    }
  }

  @Test func refusalsCrossTheWireWithTheirCodes() async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      let client = try client(addresses, directory)
      let hanako = try fixture.hanako()
      _ = try await client.registerConsent(fixture.consent(hanako))
      await #expect(throws: JLISError.refused(.consentConflict)) {
        try await client.registerConsent(fixture.consent(hanako, items: [.sex]))
      }
      await #expect(throws: JLISError.refused(.consentUnknown)) {
        try await client.cancelConsent(fixture.cancellation(hanako, id: "con_9"))
      }
      await #expect(throws: JLISError.refused(.invalidRequest)) { try await client.cancellations(serviceID: "bank-service", after: "x") }
      await client.close()
    }
  }

  @Test func withoutAClientCertificateNobodyGetsIn() async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      var configuration = HTTPClient.Configuration()
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .file("\(directory)/tls/ca.pem")
      configuration.tlsConfiguration = tls
      let stranger = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
      await #expect(throws: (any Error).self) { try await Self.ask(stranger, addresses) }
      try await stranger.shutdown()

      // A certificate of somebody else's authority does not help.
      let foreign = try TLSMaterial(directory: "\(directory)/foreign", at: fixture.clock.now)
      try foreign.client("broker", at: fixture.clock.now)
      tls.certificateChain = try NIOSSLCertificate.fromPEMFile("\(directory)/foreign/broker.pem").map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: "\(directory)/foreign/broker.key", format: .pem))
      configuration.tlsConfiguration = tls
      let impostor = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
      await #expect(throws: (any Error).self) { try await Self.ask(impostor, addresses) }
      try await impostor.shutdown()

      tls.certificateChain = try NIOSSLCertificate.fromPEMFile("\(directory)/tls/broker.pem").map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: "\(directory)/tls/broker.key", format: .pem))
      configuration.tlsConfiguration = tls
      let broker = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
      let response = try await Self.ask(broker, addresses)
      #expect(response.status == .badRequest)  // no body
      #expect(response.headers.first(name: "Yonjo-Sim-Wire") == "yonjo-sim/1")
      try await broker.shutdown()
    }
  }

  private static func ask(_ client: HTTPClient, _ addresses: ServerAddresses) async throws -> HTTPClientResponse {
    var request = HTTPClientRequest(url: "\(addresses.api)/sim/v1/links")
    request.method = .POST
    request.headers.add(name: "Yonjo-Sim-Wire", value: "yonjo-sim/1")
    return try await client.execute(request, timeout: .seconds(5))
  }

  @Test func theReadyFileNamesBothPortsAndCertificatesTheRealAddress() async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      let file = try Data(contentsOf: URL(fileURLWithPath: directory + "/ready.json"))
      #expect(try JSONDecoder().decode(ServerAddresses.self, from: file) == addresses)
      let certificate = try fixture.verified(fixture.hanako().authenticationCertificate, .authentication)
      #expect(certificate.ocspURL == "\(addresses.http)/ocsp/auth")
    }
  }

  @Test func aPortThatIsTakenEndsTheServerAtOnce() async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      var configuration = ServerConfiguration(tlsDirectory: directory + "/tls")
      configuration.httpPort = 0
      configuration.tlsPort = try #require(URL(string: addresses.http)?.port)
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let second = SimulatorServer(fixture.simulator, configuration: configuration, logger: logger)
      await #expect(throws: (any Error).self) { try await second.run() }
    }
  }

  @Test func doorsThatAreDownAreUnavailableAndSoonRest() async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      let client = try client(addresses, directory)
      try fixture.simulator.setFaults(Faults(ocsp: .down, crl: .malformed, api: .down))
      let serial = try #require(Serial([1]))
      for _ in 0..<5 {
        await #expect(throws: JLISError.unavailable) { try await client.belongTogether(signing: serial, authentication: serial) }
      }
      await #expect(throws: JLISError.circuitOpen) { try await client.belongTogether(signing: serial, authentication: serial) }
      await #expect(throws: JLISError.unavailable) { try await client.ocsp([0x30, 0x00], kind: .signing) }
      await client.close()
    }
  }

  @Test func aSlowDoorTimesOutAndAnAnswerTooLargeIsRefused() async throws {
    let fixture = fixture
    try await serving { addresses, directory in
      let read: (String) throws -> String = { try String(contentsOfFile: "\(directory)/tls/\($0)", encoding: .utf8) }
      var configuration = try JLISClientConfiguration(
        revocationAddress: addresses.http, apiAddress: addresses.api, trustRootsPEM: read("ca.pem"),
        clientCertificatePEM: read("broker.pem"),
        clientKeyPEM: read("broker.key"))
      configuration.timeout = .milliseconds(300)
      configuration.largestListBytes = 64
      let client = try JLISClient(configuration)
      await #expect(throws: JLISError.tooLarge) { try await client.revocationList(kind: .signing) }
      try fixture.simulator.setFaults(Faults(ocsp: .slow))
      await #expect(throws: JLISError.timeout) { try await client.ocsp([0x30, 0x00], kind: .signing) }
      await client.close()
    }
  }
}
