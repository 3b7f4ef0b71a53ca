import Crypto
import Foundation
import JPKI

/// All that the simulator knows, as it lies in `state.json`. Keys lie beside it, one file each.
struct SimulatorState: Codable, Sendable {
  static let currentFormat = 1

  private(set) var format = SimulatorState.currentFormat
  /// Where the certificates say that OCSP is: `http://host:port`, no slash at the end.
  var publicAddress = "http://127.0.0.1:8980"
  var faults = Faults.none
  /// Nil in states written before there were any.
  private var responder: ResponderSwitches?
  var switches: ResponderSwitches {
    get { responder ?? ResponderSwitches() }
    set { responder = newValue }
  }
  private(set) var authorities: [AuthorityRecord] = []
  private(set) var citizens: [CitizenRecord] = []
  private(set) var certificates: [CertificateRecord] = []
  private(set) var consents: [ConsentRecord] = []
  private(set) var cancellationCount = 0
  /// How many RSA keys have been asked for so far.
  private(set) var keyCount = 0
  /// How many revocations each authority has made; part of its list's number.
  private(set) var revocationCounts: [String: Int] = [:]
  /// When each authority revoked last.
  private(set) var lastRevocations: [String: Date] = [:]

  // Found by key; rebuilt when read from disk.
  private var citizenPlaces: [String: Int] = [:]
  private var certificatePlaces: [CertificateKey: Int] = [:]
  private var certificatePlacesByContent: [SHA256Digest: Int] = [:]
  private var certificatesOfCitizen: [String: [Int]] = [:]
  private var consentPlaces: [String: Int] = [:]

  private struct CertificateKey: Hashable {
    let authority: AuthorityName
    let serial: Data
  }

  private enum CodingKeys: String, CodingKey {
    case format, publicAddress, faults, responder, authorities, citizens, certificates, consents, cancellationCount, keyCount,
      revocationCounts,
      lastRevocations
  }

  init() {}

  /// Reads a state and builds what it is searched by; another format is refused.
  init(json: Data) throws {
    self = try JSONDecoder.simulatorState.decode(SimulatorState.self, from: json)
    guard format == Self.currentFormat else {
      throw DecodingError.dataCorrupted(.init(codingPath: [CodingKeys.format], debugDescription: "another format"))
    }
    for (place, citizen) in citizens.enumerated() { citizenPlaces[citizen.id] = place }
    for (place, consent) in consents.enumerated() { consentPlaces[consent.consentID] = place }
    for place in certificates.indices { index(place) }
  }

  func json() throws -> Data { try JSONEncoder.simulatorState.encode(self) }

  private mutating func index(_ place: Int) {
    let certificate = certificates[place]
    certificatePlaces[CertificateKey(authority: certificate.authority, serial: certificate.serial)] = place
    certificatePlacesByContent[SHA256.hash(data: certificate.der)] = place
    certificatesOfCitizen[certificate.citizenID, default: []].append(place)
  }

  /// Sets so many key numbers aside; the first of them.
  mutating func takeKeyNumbers(_ count: Int) -> Int {
    defer { keyCount += count }
    return keyCount
  }

  // MARK: Authorities

  func authority(_ name: AuthorityName) -> AuthorityRecord? { authorities.first { $0.name == name } }

  mutating func add(_ authority: AuthorityRecord) { authorities.append(authority) }

  // MARK: Citizens

  func citizen(_ id: String) -> CitizenRecord? { citizenPlaces[id].map { citizens[$0] } }

  /// The id that the next citizen gets.
  var nextCitizenID: String { "citizen-\(citizens.count + 1)" }

  mutating func add(_ citizen: CitizenRecord) {
    citizenPlaces[citizen.id] = citizens.count
    citizens.append(citizen)
  }

  mutating func update(_ citizen: CitizenRecord) {
    guard let place = citizenPlaces[citizen.id] else { return }
    citizens[place] = citizen
  }

  // MARK: Certificates

  func certificate(_ authority: AuthorityName, serial: [UInt8]) -> CertificateRecord? {
    certificatePlaces[CertificateKey(authority: authority, serial: Data(serial))].map { certificates[$0] }
  }

  /// The certificate with exactly these bytes.
  func certificate(_ authority: AuthorityName, der: [UInt8]) -> CertificateRecord? {
    certificatePlacesByContent[SHA256.hash(data: der)].map { certificates[$0] }.flatMap { $0.authority == authority ? $0 : nil }
  }

  /// A citizen's certificates of one kind on one medium, in the order of issue, whoever issued them.
  func certificates(of citizenID: String, kind: CertificateKind, medium: CardMedium = .card) -> [CertificateRecord] {
    (certificatesOfCitizen[citizenID] ?? []).map { certificates[$0] }.filter { $0.authority.kind == kind && $0.cardMedium == medium }
  }

  /// A phone's certificates end with the card's (jpki.md §4).
  mutating func endPhones(of citizenID: String, kind: CertificateKind, reason: RevocationReason, at moment: Date) {
    for medium in CardMedium.allCases where medium != .card {
      guard let certificate = certificates(of: citizenID, kind: kind, medium: medium).last else { continue }
      revoke(certificate.authority, serial: certificate.serial, reason: reason, at: moment)
    }
  }

  /// Four random bytes that no certificate of the authority has; the first bit stays clear and the first byte is not zero, so that it is four
  /// bytes in DER as well.
  func freshSerial(_ authority: AuthorityName) -> [UInt8] {
    while true {
      let serial = DER.bigEndian(UInt64.random(in: 0x0100_0000...0x7FFF_FFFF))
      if certificatePlaces[CertificateKey(authority: authority, serial: Data(serial))] == nil { return serial }
    }
  }

  mutating func add(_ certificate: CertificateRecord) {
    certificates.append(certificate)
    index(certificates.count - 1)
  }

  /// Revokes once; a certificate revoked already keeps its first moment and reason.
  mutating func revoke(_ authority: AuthorityName, serial: Data, reason: RevocationReason, at moment: Date) {
    guard let place = certificatePlaces[CertificateKey(authority: authority, serial: serial)], certificates[place].revocation == nil else {
      return
    }
    certificates[place].revocation = .init(at: moment, reason: reason)
    revocationCounts[authority.rawValue, default: 0] += 1
    lastRevocations[authority.rawValue] = max(moment, lastRevocations[authority.rawValue] ?? moment)
  }

  /// The serial numbers that an authority has given, as far as they have four bytes, which all have.
  func serials(of authority: AuthorityName) -> [UInt32] {
    certificates.filter { $0.authority == authority }.map { $0.serial.reduce(0) { $0 << 8 | UInt32($1) } }
  }

  func revoked(by authority: AuthorityName) -> [CertificateRecord] {
    certificates.filter { $0.authority == authority && $0.revocation != nil }
  }

  // MARK: Consents

  func consent(_ id: String) -> ConsentRecord? { consentPlaces[id].map { consents[$0] } }

  mutating func add(_ consent: ConsentRecord) {
    consentPlaces[consent.consentID] = consents.count
    consents.append(consent)
  }

  /// Counts until later; nil where there is no such consent.
  mutating func renew(_ consentID: String, fingerprint: Data, receivedAt: Date, validUntil: Date) -> ConsentRecord? {
    guard let place = consentPlaces[consentID] else { return nil }
    consents[place].fingerprint = fingerprint
    consents[place].receivedAt = receivedAt
    consents[place].validUntil = validUntil
    return consents[place]
  }

  /// Cancels once; a consent cancelled already keeps its first cancellation.
  mutating func cancel(consentID: String, at moment: Date, directly: Bool) {
    guard let place = consentPlaces[consentID], consents[place].cancellation == nil else { return }
    cancellationCount += 1
    consents[place].cancellation = .init(
      number: cancellationCount, at: moment, reference: "SIM-X\(CivilTime.padded(cancellationCount, 8))", directly: directly)
  }
}

extension JSONDecoder {
  /// Dates as whole seconds since 1970.
  static var simulatorState: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .secondsSince1970
    return decoder
  }
}

extension JSONEncoder {
  /// Dates as whole seconds since 1970, keys in order.
  static var simulatorState: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .secondsSince1970
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}
