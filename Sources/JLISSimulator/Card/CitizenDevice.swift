import Crypto
public import JOSE

/// The app on the citizen's phone: hashes what is to be signed, has the card sign it, and packs the result for the broker.
public struct CitizenDevice: Sendable {
  let card: VirtualCard

  /// A phone with this card held to it.
  public init(card: VirtualCard) {
    self.card = card
  }

  /// The DER `DigestInfo` (RFC 8017 §9.2) with SHA-256 that a card is given to sign for `message`.
  public static func digestInfo(of message: [UInt8]) -> [UInt8] {
    DER.sequence(.sequence(.objectIdentifier(.sha256), .null), .octetString(Array(SHA256.hash(data: message)))).bytes
  }

  /// The plain card object of the API: format `raw`, signature in base64url, certificate in base64 DER.
  ///
  /// - Parameters:
  ///   - toBeSigned: what both keys sign.
  ///   - signing: sign with the signing certificate.
  ///   - authentication: sign with the authentication certificate: beside the signing one under `authentication`, or alone in its place.
  /// - Throws: ``CardRefusal`` where the card does not sign.
  public func plainCard(toBeSigned: [UInt8], signing: Bool = true, authentication: Bool = true) throws(CardRefusal) -> JSONValue {
    try plainCard(digestInfo: Self.digestInfo(of: toBeSigned), signing: signing, authentication: authentication)
  }

  /// The same for a DigestInfo made elsewhere, well-formed or not.
  public func plainCard(digestInfo: [UInt8], signing: Bool = true, authentication: Bool = true) throws(CardRefusal) -> JSONValue {
    var card: [String: JSONValue] = ["format": "raw"]
    let material: ([UInt8], [UInt8]) -> [String: JSONValue] = {
      ["signature": .string(Base64URL.encode($0)), "certificate": .string(Base64.encode($1))]
    }
    if signing {
      card.merge(material(try self.card.sign(digestInfo: digestInfo), self.card.signingCertificate)) { $1 }
    }
    if authentication {
      let second = material(try self.card.authenticate(digestInfo: digestInfo), self.card.authenticationCertificate)
      if signing { card["authentication"] = .object(second) } else { card.merge(second) { $1 } }
    }
    return .object(card)
  }

  /// The card envelope: the plain card object with `tenantId` and `sessionId`, encrypted to the broker so that the tenant relays it unopened.
  ///
  /// - Parameters:
  ///   - tenantID: to whom the person speaks; an envelope that says otherwise is refused by the broker.
  ///   - sessionID: the id under which `toBeSigned` was handed out, or, where a document itself is signed, its digest.
  ///   - brokerKey: a key of the broker's `/jwks.json` with use `enc`.
  /// - Returns: JWE compact serialization.
  /// - Throws: ``CardRefusal``, or `JOSEError` for a key that cannot be encrypted to.
  public func envelope(
    toBeSigned: [UInt8], tenantID: String, sessionID: String, to brokerKey: JSONWebKey, signing: Bool = true, authentication: Bool = true
  ) throws -> String {
    var content = try plainCard(toBeSigned: toBeSigned, signing: signing, authentication: authentication).object ?? [:]
    content["tenantId"] = .string(tenantID)
    content["sessionId"] = .string(sessionID)
    return try JSONWebEncryption.encrypt(try JSONValue.object(content).serialized(), to: brokerKey, header: ["typ": "card-envelope+jwe"])
  }

  /// The broker's key to encrypt to: the first of use `enc` in its key set.
  ///
  /// - Throws: ``SimulatorRefusal/brokerKey`` where there is none.
  public static func envelopeKey(of keys: JSONWebKeySet) throws(SimulatorRefusal) -> JSONWebKey {
    guard let key = keys.keys.first(where: { $0.use == "enc" }) else { throw .brokerKey }
    return key
  }
}
