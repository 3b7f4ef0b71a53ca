import CitizenItems
import Crypto
import JLISSimulator
import JOSE

/// Citizens, cards and phones.
extension Scene {
  enum Newcomer { case hanako, taro, expired, revoked }
  enum Keys { case signing, authentication, both }

  /// Registers a citizen at the simulated J-LIS; once, however often the step is played.
  func newCitizen(_ newcomer: Newcomer) async throws -> String {
    let (person, certificates): (Invented.Citizen, CertificateVariant) =
      switch newcomer {
      case .hanako: (Invented.hanako, .valid)
      case .taro: (Invented.taro, .valid)
      case .expired: (Invented.jiro, .expired)
      case .revoked: (Invented.saburo, .revoked)
      }
    let id = try await remember("citizen \(person.key)") {
      .string(
        try simulator.newCitizen(
          name: person.name, address: person.address, dateOfBirth: person.dateOfBirth, sex: person.sex, certificates: certificates
        ).id)
    }
    return try known(id.string)
  }

  func move(_ person: Journey.Person, to address: String) async throws {
    let id = try known(person.citizenID)
    _ = try await remember("move of \(id)") { .string(try simulator.move(id, newAddress: address).id) }
  }

  private var simulator: SimulatedJLIS { stage.cast.simulator }

  // MARK: Phones

  /// What the person's phone makes of the session: sealed to the broker, so that the tenant relays it unread.
  func envelope(of person: Journey.Person, for session: Answer, role: StoryRole, keys: Keys) async throws -> JSONValue {
    let device = CitizenDevice(card: try simulator.card(for: try known(person.citizenID)))
    let envelope = try device.envelope(
      toBeSigned: try toBeSigned(session), tenantID: tenant(role.tenant).id, sessionID: try session.text("id"),
      to: try await envelopeKey(), signing: keys != .authentication, authentication: keys != .signing)
    return ["envelope": .string(envelope)]
  }

  /// What the bank's own card reader at the counter makes: plain, signed by the signing key.
  func plainCard(of person: Journey.Person, for session: Answer) async throws -> JSONValue {
    try CitizenDevice(card: try simulator.card(for: try known(person.citizenID)))
      .plainCard(toBeSigned: try toBeSigned(session), signing: true, authentication: false)
  }

  /// What the person's phone makes of a document: sealed to the broker, and good for this document alone.
  func documentEnvelope(of person: Journey.Person, _ document: String, role: StoryRole) async throws -> JSONValue {
    let envelope = try CitizenDevice(card: try simulator.card(for: try known(person.citizenID))).documentEnvelope(
      digest: Array(SHA256.hash(data: Array(document.utf8))), tenantID: tenant(role.tenant).id, to: try await envelopeKey())
    return ["envelope": .string(envelope)]
  }

  /// A card's signature over a document, plain.
  func documentCard(of person: Journey.Person, _ document: String) throws -> JSONValue {
    try CitizenDevice(card: try simulator.card(for: try known(person.citizenID)))
      .plainCard(toBeSigned: Array(document.utf8), signing: true, authentication: false)
  }

  /// One card's certificate with the signature of another card's key.
  func plainCard(of person: Journey.Person, signedBy other: Journey.Person, for session: Answer) async throws -> JSONValue {
    let card = try simulator.card(for: try known(other.citizenID))
    let signature = try card.sign(digestInfo: CitizenDevice.digestInfo(of: try toBeSigned(session)))
    let certificate = try simulator.card(for: try known(person.citizenID)).signingCertificate
    return ["format": "raw", "signature": .string(Base64URL.encode(signature)), "certificate": .string(Base64.encode(certificate))]
  }

  private func toBeSigned(_ session: Answer) throws -> [UInt8] {
    guard let bytes = Base64URL.decode(try session.text("toBeSigned")) else { throw failure("toBeSigned in base64url", "something else") }
    return bytes
  }

  // MARK: The broker's public keys

  private func publicKeys() async throws -> [JSONValue] {
    try await stage.remember("\(journeyID) jwks") {
      let answer = try await get(.bank, "/jwks.json")
      try await expect(answer, status: 200)
      return answer.json
    }.member(["keys"]).elements
  }

  private func envelopeKey() async throws -> JSONWebKey {
    guard let key = try await publicKeys().first(where: { $0.member(["use"]) == "enc" }) else {
      throw failure("an envelope key in /jwks.json", "none")
    }
    return try JSONWebKey(json: key.serialized())
  }

  /// The receipt's claims, if its signature is the broker's.
  func verifiedReceipt(_ receipt: String) async throws -> JSONValue? {
    let keys = try await publicKeys().filter { $0.member(["use"]) == "sig" }.map { try JSONWebKey(json: $0.serialized()) }
    guard let verified = try? JSONWebSignature.verify(receipt, keys: keys) else { return nil }
    return try? JSONValue(parsing: verified.payload)
  }

  // MARK: What is declared

  /// What the customer typed into the fintech's form, in her own spelling of widths.
  func declared(_ person: Invented.Citizen) -> JSONValue {
    let items = declaredItems(person)
    return [
      "name": .string(items.name ?? ""), "address": .string(items.address ?? ""), "dateOfBirth": .string(items.dateOfBirth ?? ""),
      "sex": .string(items.sex ?? ""), "salt": .string(items.salt ?? ""),
    ]
  }

  func declaredDigest(_ person: Invented.Citizen) -> String {
    Base64URL.encode(DeclaredItems.digest(of: declaredItems(person)))
  }

  private func declaredItems(_ person: Invented.Citizen) -> DeclaredItems {
    DeclaredItems(
      name: person.name, address: person.address, dateOfBirth: person.dateOfBirth, sex: person.sex,
      salt: Base64URL.encode(Array(SHA256.hash(data: Array("\(journeyID) \(person.key)".utf8)).prefix(16))))
  }

  func digest(of document: String) -> String { Base64URL.encode(Array(SHA256.hash(data: Array(document.utf8)))) }
}
