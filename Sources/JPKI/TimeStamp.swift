internal import COpenSSLShims
public import Foundation

/// Why there is no time stamp to rely on.
public enum TimeStampFault: Error, Sendable, Equatable {
  /// The authority cannot be reached, or does not answer as RFC 3161 §3.4 says.
  case unreachable
  /// What it answered is no TimeStampResp, or too long for one.
  case malformed
  /// It answered that it gives none.
  case refused
  /// Signature, certificate, imprint or nonce are not as they must be.
  case notVerified

  /// A word for operators.
  public var code: String {
    switch self {
    case .unreachable: "timeStampAuthorityUnreachable"
    case .malformed: "timeStampMalformed"
    case .refused: "timeStampRefused"
    case .notVerified: "timeStampNotVerified"
    }
  }
}

/// A question to a time-stamping authority (RFC 3161 §2.4.1), over SHA-256, with the authority's certificate asked for.
public struct TimeStampRequest: Sendable, Equatable {
  /// The TimeStampReq in DER.
  public let der: [UInt8]

  /// - Parameters:
  ///   - bytes: what is to be stamped; only its digest is sent.
  ///   - nonce: up to 16 bytes that the answer must repeat; nil where a kept answer is verified again.
  public init(over bytes: [UInt8], nonce: [UInt8]?) {
    let algorithm = DERWriter.sequence(DERWriter.oid(.sha256), DERWriter.null)
    let imprint = DERWriter.sequence(algorithm, DERWriter.octetString(Hash.sha256(bytes)))
    // A positive INTEGER in its shortest form: the first byte below 0x80 and not 0.
    let number = nonce.map { [0x40 | ($0.first ?? 0) & 0x3F] + $0.dropFirst().prefix(15) }
    der = DERWriter.sequence(
      DERWriter.element(DERTag.integer, [1]), imprint, number.map { DERWriter.element(DERTag.integer, $0) } ?? [],
      DERWriter.element(DERTag.boolean, [0xFF]))
  }
}

/// An authority's answer, verified.
public struct TimeStamp: Sendable, Equatable {
  /// The longest answer that is read, in bytes.
  public static let maximumBytes = 65_536

  /// The TimeStampResp in DER, as `openssl ts -verify -in` takes it.
  public let der: [UInt8]
  /// The time that the authority vouches for, to the second.
  public let at: Date

  /// Verifies an answer: status, imprint, nonce, signature, and the path of the authority's certificate for time stamping, valid now.
  ///
  /// - Parameter anchors: authorities in PEM.
  public init(verifying der: [UInt8], answering request: TimeStampRequest, anchors: [UInt8]) throws(TimeStampFault) {
    guard der.count <= Self.maximumBytes else { throw .malformed }
    var seconds: Int64 = 0
    let outcome = yonjo_time_stamp_verify(der, der.count, request.der, request.der.count, anchors, anchors.count, &seconds)
    switch Int(outcome) {
    case YONJO_TIME_STAMP_GOOD: break
    case YONJO_TIME_STAMP_REFUSED: throw .refused
    case YONJO_TIME_STAMP_NOT_VERIFIED: throw .notVerified
    default: throw .malformed
    }
    self.der = der
    at = Date(timeIntervalSince1970: TimeInterval(seconds))
  }

  /// Whether a PEM text holds an authority at all.
  public static func isAnchor(_ pem: [UInt8]) -> Bool { yonjo_time_stamp_anchors(pem, pem.count) == 1 }
}
