import Foundation

/// An `OCSPResponse` (RFC 6960 §4.2.1).
///
/// J-LIS makes its data every quarter of an hour (jpki.md §6): `thisUpdate` is the last quarter, `nextUpdate` the next. Unlike there, a
/// revocation is told at once, so that nobody has to wait.
struct OCSPReply: Sendable {
  var producedAt: Date
  var thisUpdate: Date
  /// Nil leaves it out.
  var nextUpdate: Date?
  var answers: [Single]
  /// The nonce extension's value; nil leaves it out.
  var nonce: [UInt8]?
  var extensions: [Extension] = []

  struct Single: Sendable {
    var encodedCertificateID: [UInt8]
    var status: Status
  }

  enum Status: Sendable, Equatable {
    case good
    case revoked(at: Date, RevocationReason)
    case unknown
  }

  /// Who signs, and what the answer says of it.
  struct Signer: Sendable {
    var key: RSAKey
    /// `ResponderID`.
    var identifier: DER
    /// Nil for the authority itself, whose certificate everybody has.
    var certificate: [UInt8]?
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
  func signed(by signer: Signer) throws -> [UInt8] {
    var fields: [DER] = [
      signer.identifier,
      .generalizedTime(producedAt),
      .sequence(answers.map { $0.der(thisUpdate: thisUpdate, nextUpdate: nextUpdate) }),
    ]
    let all = (nonce.map { [Extension(identifier: .ocspNonce, critical: false, value: DER(encoded: $0))] } ?? []) + extensions
    if !all.isEmpty { fields.append(.explicit(1, .sequence(all.map(\.der)))) }
    let data = DER.sequence(fields)
    var parts: [DER] = [data, .sha256WithRSAAlgorithm, .bitString(try signer.key.signature(over: data.bytes))]
    if let certificate = signer.certificate { parts.append(.explicit(0, .sequence(DER(encoded: certificate)))) }
    return DER.sequence(
      .enumerated(0), .explicit(0, .sequence(.objectIdentifier(.ocspBasic), .octetString(DER.sequence(parts).bytes)))
    ).bytes
  }

  /// `OCSPResponseStatus` of answers that nobody signs.
  enum UnsignedError: UInt8 {
    case malformedRequest = 1
    case tryLater = 3
    case sigRequired = 5
    case unauthorized = 6

    var der: [UInt8] { DER.sequence(.enumerated(rawValue)).bytes }
  }
}

extension OCSPReply.Single {
  fileprivate func der(thisUpdate: Date, nextUpdate: Date?) -> DER {
    let parts: [DER] = [DER(encoded: encodedCertificateID), status.der, .generalizedTime(thisUpdate)]
    return .sequence(nextUpdate.map { parts + [.explicit(0, .generalizedTime($0))] } ?? parts)
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
