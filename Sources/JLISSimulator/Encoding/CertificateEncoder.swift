import Foundation

/// One extension of a certificate or a list entry.
struct Extension: Sendable {
  let identifier: ObjectIdentifier
  let critical: Bool
  let value: DER

  /// `critical` is DEFAULT FALSE, which DER leaves out.
  var der: DER {
    let value = DER.octetString(value.bytes)
    return critical ? .sequence(.objectIdentifier(identifier), .boolean(true), value) : .sequence(.objectIdentifier(identifier), value)
  }
}

/// Everything of a certificate but its signature (RFC 5280 §4.1).
struct CertificateContent: Sendable {
  let serial: [UInt8]
  let algorithm: DER
  let issuer: DER
  let subject: DER
  let notBefore: Date
  let notAfter: Date
  let subjectPublicKeyInfo: [UInt8]
  let extensions: [Extension]

  var toBeSigned: DER {
    .sequence(
      .explicit(0, .integer(2)),
      .integer(serial),
      algorithm,
      issuer,
      .sequence(.time(notBefore), .time(notAfter)),
      subject,
      DER(encoded: subjectPublicKeyInfo),
      .explicit(3, .sequence(extensions.map(\.der))))
  }

  /// The certificate, signed by `sign` over the encoded content.
  func signed(by sign: ([UInt8]) throws -> [UInt8]) rethrows -> [UInt8] {
    let content = toBeSigned
    return DER.sequence(content, algorithm, .bitString(try sign(content.bytes))).bytes
  }
}
