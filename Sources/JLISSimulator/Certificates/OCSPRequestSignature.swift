import Crypto
import CryptoExtras
import SwiftASN1

/// Verifies `optionalSignature` of an OCSP request (RFC 6960 §4.1.1) by the certificate that comes with it.
enum OCSPRequestSignature {
  static func isValid(_ wrapped: ASN1Node, over tbsRequest: ASN1Node) -> Bool {
    guard let parts = OCSPQuestion.children(wrapped)?.first.flatMap(OCSPQuestion.children), parts.count == 3,
      let algorithm = OCSPQuestion.children(parts[0])?.first.flatMap({ OCSPQuestion.primitive($0, .objectIdentifier) }),
      let bits = OCSPQuestion.primitive(parts[1], .bitString), bits.first == 0,
      let certificate = OCSPQuestion.children(parts[2])?.first.flatMap(OCSPQuestion.children)?.first,
      let fields = OCSPQuestion.children(certificate)?.first.flatMap(OCSPQuestion.children), fields.count > 6,
      names(tbsRequest, Array(fields[5].encodedBytes))
    else { return false }
    return verifies(
      Array(bits.dropFirst()), over: Array(tbsRequest.encodedBytes), algorithm: algorithm, key: Array(fields[6].encodedBytes))
  }

  /// `requestorName` SHALL be there with a signature (§4.1.2); it is the certificate's subject here.
  private static func names(_ tbsRequest: ASN1Node, _ subject: [UInt8]) -> Bool {
    let requestor = OCSPQuestion.children(tbsRequest)?.first { $0.identifier.tagClass == .contextSpecific && $0.identifier.tagNumber == 1 }
    guard let name = requestor.flatMap(OCSPQuestion.children)?.first.flatMap(OCSPQuestion.children)?.first else { return false }
    return Array(name.encodedBytes) == subject
  }

  private static func verifies(_ signature: [UInt8], over message: [UInt8], algorithm: [UInt8], key: [UInt8]) -> Bool {
    switch algorithm {
    case ObjectIdentifier.sha256WithRSA.content:
      guard let key = try? _RSA.Signing.PublicKey(derRepresentation: key) else { return false }
      return key.isValidSignature(.init(rawRepresentation: signature), for: SHA256.hash(data: message), padding: .insecurePKCS1v1_5)
    case ObjectIdentifier.ecdsaWithSHA256.content:
      guard let key = try? P256.Signing.PublicKey(derRepresentation: key),
        let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
      else { return false }
      return key.isValidSignature(signature, for: message)
    case ObjectIdentifier.ecdsaWithSHA384.content:
      guard let key = try? P384.Signing.PublicKey(derRepresentation: key),
        let signature = try? P384.Signing.ECDSASignature(derRepresentation: signature)
      else { return false }
      return key.isValidSignature(signature, for: message)
    default: return false
    }
  }
}
