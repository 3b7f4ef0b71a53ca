import Foundation

/// An `OCSPResponse` (RFC 6960 §4.2.1) by a delegated responder, named by its key.
///
/// J-LIS makes its data every quarter of an hour (jpki.md §6): `thisUpdate` is the last quarter, `nextUpdate` the next. Unlike there, a
/// revocation is told at once, so that nobody has to wait.
struct OCSPReply: Sendable {
  let producedAt: Date
  let thisUpdate: Date
  let nextUpdate: Date
  let answers: [Single]
  let nonce: [UInt8]?

  struct Single: Sendable {
    let encodedCertificateID: [UInt8]
    let status: Status
  }

  enum Status: Sendable, Equatable {
    case good
    case revoked(at: Date, RevocationReason)
    case unknown
  }

  static let gridSeconds = 900.0

  init(producedAt: Date, answers: [Single], nonce: [UInt8]?) {
    self.producedAt = producedAt
    thisUpdate = Date(timeIntervalSince1970: (producedAt.timeIntervalSince1970 / Self.gridSeconds).rounded(.down) * Self.gridSeconds)
    nextUpdate = thisUpdate.addingTimeInterval(Self.gridSeconds)
    self.answers = answers
    self.nonce = nonce
  }

  /// DER, status `successful`.
  func signed(responderKey: RSAKey, responderCertificate: [UInt8]) throws -> [UInt8] {
    var fields: [DER] = [
      .explicit(2, .octetString(responderKey.keyIdentifier)),
      .generalizedTime(producedAt),
      .sequence(answers.map { $0.der(thisUpdate: thisUpdate, nextUpdate: nextUpdate) }),
    ]
    if let nonce {
      fields.append(.explicit(1, .sequence(Extension(identifier: .ocspNonce, critical: false, value: DER(encoded: nonce)).der)))
    }
    let data = DER.sequence(fields)
    let basic = DER.sequence(
      data, .sha256WithRSAAlgorithm, .bitString(try responderKey.signature(over: data.bytes)),
      .explicit(0, .sequence(DER(encoded: responderCertificate))))
    return DER.sequence(
      .enumerated(0), .explicit(0, .sequence(.objectIdentifier(.ocspBasic), .octetString(basic.bytes)))
    ).bytes
  }

  /// An unsigned `malformedRequest`.
  static let malformedRequest = DER.sequence(.enumerated(1)).bytes
}

extension OCSPReply.Single {
  fileprivate func der(thisUpdate: Date, nextUpdate: Date) -> DER {
    .sequence(DER(encoded: encodedCertificateID), status.der, .generalizedTime(thisUpdate), .explicit(0, .generalizedTime(nextUpdate)))
  }
}

extension OCSPReply.Status {
  fileprivate var der: DER {
    switch self {
    case .good: .implicitPrimitive(0, [])
    case .revoked(let moment, .unspecified): .context(1, DER.generalizedTime(moment).bytes)
    case .revoked(let moment, let reason):
      .context(1, DER.generalizedTime(moment).bytes + DER.explicit(0, .enumerated(reason.code)).bytes)
    case .unknown: .implicitPrimitive(2, [])
    }
  }
}
