public import Foundation
public import JOSE

/// What a receipt says, its signature verified. Ids, digests, codes and times; no items.
public struct VerifiedReceipt: Sendable, Encodable {
  /// What its claims mean, such as `yonjo-receipt/1`.
  public let schema: String
  /// The key that signed it.
  public let keyID: String
  /// The broker.
  public let issuer: String
  /// The tenant for which it was made.
  public let tenant: String
  /// The verification, or the consent, of which it tells.
  public let id: String
  /// `onboarding`, `consent`, `document`, or `consentReceipt` for the record of a consent.
  public let purpose: String
  /// When it was signed.
  public let issuedAt: Date
  /// The subject; nil where the tenant did not know the person.
  public let subject: String?
  /// How the verification ended; nil in the record of a consent.
  public let result: String?
  /// SHA-256 of what the card signed, base64url; nil in the record of a consent.
  public let signed: String?
  /// When the card was verified.
  public let checkedAt: Date?
  /// All claims, for what only some receipts say.
  public let claims: [String: JSONValue]
}

/// Why a receipt proves nothing, or not what was asked of it.
public enum ReceiptFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// Longer than ``ReceiptVerifier/maximumBytes``.
  case tooLarge
  /// No compact JWS, or its claims are no JSON object.
  case malformed
  /// A token of another type; the type that it says.
  case notAReceipt(String?)
  /// Signed by a key that is not among those given; its id.
  case keyUnknown(String?)
  /// Signed with an algorithm that receipts are not signed with.
  case algorithm
  /// The header asks for an extension that is not understood.
  case extensionNotUnderstood
  /// The signature is not that key's.
  case signatureInvalid
  /// A key among those given is malformed.
  case keyInvalid
  /// Another schema than those understood here.
  case schemaUnknown(String?)
  /// Something that every receipt says is missing or of a wrong type.
  case claimMissing(String)
  /// Another issuer's; the one that it names.
  case otherIssuer(String)
  /// About another document than the one at hand.
  case otherDocument

  /// One sentence.
  public var description: String {
    switch self {
    case .tooLarge: "This is longer than any receipt (\(ReceiptVerifier.maximumBytes) bytes)."
    case .malformed: "This is no receipt: not three parts of base64url with JSON inside."
    case .notAReceipt(let type): "This is a signed token, but no receipt\(type.map { ": its type is \(ReceiptVerifier.shown($0))" } ?? "")."
    case .keyUnknown(let kid):
      "It is signed by a key that is not among those given\(kid.map { ": kid \(ReceiptVerifier.shown($0))" } ?? "")."
    case .algorithm: "It is signed with an algorithm that receipts are not signed with."
    case .extensionNotUnderstood: "Its header asks for an extension that is not understood here."
    case .signatureInvalid: "Its signature is not by the key that it names: it was changed, or never signed."
    case .keyInvalid: "A key among those given is malformed."
    case .schemaUnknown(let schema):
      "Its schema is not known here\(schema.map { ": \(ReceiptVerifier.shown($0))" } ?? ""); a newer version of this program may know it."
    case .claimMissing(let name): "It does not say its \(name), as every receipt does."
    case .otherIssuer(let issuer): "It was issued by another broker: \(ReceiptVerifier.shown(issuer))."
    case .otherDocument: "It is about another document: the digest is not the one that was signed."
    }
  }
}

/// Verifies receipts (証跡) with nothing but the published key: no database, no broker, no expiry.
public enum ReceiptVerifier {
  /// The longest receipt that is read; one of a consent with a long history is some kilobytes.
  public static let maximumBytes = 65_536
  /// Schemas whose meaning is known here.
  public static let schemas = ["yonjo-receipt/1"]
  /// `typ` of the header.
  public static let type = "yonjo-receipt+jwt"

  /// - Parameters:
  ///   - text: the compact JWS; white space around it is left out.
  ///   - keys: of the broker's `/jwks.json`, current or kept.
  ///   - issuer: who must have issued it; nil takes whom it names.
  ///   - documentDigest: SHA-256 of the document that it must be about; nil takes any.
  public static func verify(
    _ text: String, keys: [JSONWebKey], issuer: String? = nil, documentDigest: [UInt8]? = nil
  ) throws(ReceiptFault) -> VerifiedReceipt {
    guard text.utf8.count <= maximumBytes else { throw .tooLarge }
    let compact = text.trimmingCharacters(in: .whitespacesAndNewlines)
    let header: ProtectedHeader
    let payload: [UInt8]
    do throws(JOSEError) {
      (header, payload) = try JSONWebSignature.verify(compact, keys: keys, algorithms: [.es256], maximumBytes: maximumBytes)
    } catch {
      throw fault(error, compact)
    }
    guard header.type == type else { throw .notAReceipt(header.type) }
    guard let keyID = header.keyID else { throw .keyUnknown(nil) }
    guard let claims = try? JSONValue(parsing: payload).object else { throw .malformed }
    let schema = claims["schema"]?.string
    guard let schema, schemas.contains(schema) else { throw .schemaUnknown(schema) }
    let receipt = try read(claims, schema, keyID: keyID)
    if let issuer, receipt.issuer != issuer { throw .otherIssuer(receipt.issuer) }
    if let documentDigest, receipt.signed != Base64URL.encode(documentDigest) { throw .otherDocument }
    return receipt
  }

  private static func fault(_ error: JOSEError, _ compact: String) -> ReceiptFault {
    switch error {
    case .tooLarge: .tooLarge
    case .keyUnknown: .keyUnknown((try? JSONWebSignature.unverifiedParts(compact, maximumBytes: maximumBytes))?.header.keyID)
    case .algorithmNotAllowed: .algorithm
    case .extensionNotUnderstood: .extensionNotUnderstood
    case .signatureInvalid: .signatureInvalid
    case .keyInvalid: .keyInvalid
    default: .malformed
    }
  }

  private static func read(_ claims: [String: JSONValue], _ schema: String, keyID: String) throws(ReceiptFault) -> VerifiedReceipt {
    func text(_ name: String, _ meaning: String) throws(ReceiptFault) -> String {
      guard let value = claims[name]?.string, !value.isEmpty else { throw .claimMissing(meaning) }
      return value
    }
    func time(_ name: String) -> Date? { claims[name]?.integer.map { Date(timeIntervalSince1970: TimeInterval($0)) } }
    let purpose = try text("purpose", "purpose")
    guard let issuedAt = time("iat") else { throw .claimMissing("time") }
    // The record of a consent tells no verification: its own members stand among the claims.
    if purpose != "consentReceipt" {
      _ = try text("result", "result")
      _ = try text("signed", "signed digest")
      guard time("checkedAt") != nil else { throw .claimMissing("time of the check") }
      guard claims["signedAlgorithm"]?.string == "SHA-256" else { throw .claimMissing("digest algorithm") }
    }
    return VerifiedReceipt(
      schema: schema, keyID: keyID, issuer: try text("iss", "issuer"), tenant: try text("aud", "tenant"), id: try text("jti", "id"),
      purpose: purpose, issuedAt: issuedAt, subject: claims["sub"]?.string ?? claims["pii_principal_id"]?.string,
      result: claims["result"]?.string, signed: claims["signed"]?.string, checkedAt: time("checkedAt"), claims: claims)
  }

  /// What stands in something that nobody vouches for, fit for a terminal.
  static func shown(_ text: String) -> String {
    let clean = text.unicodeScalars.prefix(120).map { $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" }
    return String(clean)
  }
}
