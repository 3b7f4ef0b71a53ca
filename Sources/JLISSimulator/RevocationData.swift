import Crypto
import Foundation
import JLIS
public import JPKI

extension SimulatedJLIS {
  private static let staleSeconds = 2 * 86_400.0

  /// Answers a DER `OCSPRequest` as the responder of that authority, faults included (``Faults/RevocationFault/slow`` and
  /// ``Faults/RevocationFault/down`` are the carrier's business). A request that cannot be read is answered `malformedRequest`, unsigned.
  public func ocspAnswer(to request: [UInt8], kind: CertificateKind) throws -> [UInt8] {
    guard let question = OCSPQuestion(request) else { return OCSPReply.malformedRequest }
    let fault = try faults.ocsp
    let genuine = try authority(.genuine(kind))
    let signer = fault == .wrongSigner ? try authority(.rogue(kind)) : genuine
    let moment = fault == .stale ? now.addingTimeInterval(-Self.staleSeconds) : now
    let answers = try store.read { state in
      question.certificates.map { id in
        OCSPReply.Single(
          encodedCertificateID: fault == .wrongSerial ? id.encodedOfNextSerial : id.encoded,
          status: Self.status(of: id, by: genuine, in: state))
      }
    }
    let answer = try OCSPReply(producedAt: moment, answers: answers, nonce: question.nonce)
      .signed(responderKey: signer.responderKey, responderCertificate: signer.responderCertificate)
    return fault == .malformed ? Array(answer.prefix(answer.count / 2)) : answer
  }

  /// The full revocation list of that authority as DER, faults included as with OCSP.
  public func revocationListDER(kind: CertificateKind) throws -> [UInt8] {
    let fault = try faults.crl
    let genuine = try authority(.genuine(kind))
    let signer = fault == .wrongSigner ? try authority(.rogue(kind)) : genuine
    let moment = now
    var list = try store.read { RevocationListContent($0, authority: genuine.name, at: moment) }
    if fault == .stale {
      list = RevocationListContent(
        number: list.number, thisUpdate: list.thisUpdate.addingTimeInterval(-2 * Self.staleSeconds),
        nextUpdate: list.nextUpdate.addingTimeInterval(-2 * Self.staleSeconds), entries: list.entries)
    }
    if fault == .wrongSerial {
      let moved = list.entries.map {
        RevocationListContent.Entry(serial: OCSPQuestion.next($0.serial), revokedAt: $0.revokedAt, reason: $0.reason)
      }
      list = RevocationListContent(number: list.number, thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate, entries: moved)
    }
    let der = try list.signed(issuer: signer.identity, key: signer.key)
    return fault == .malformed ? Array(der.prefix(der.count / 2)) : der
  }

  /// Another issuer's certificate and a serial never issued are both `unknown` (RFC 6960 §2.2).
  private static func status(of id: OCSPQuestion.CertificateID, by authority: Authority, in state: SimulatorState) -> OCSPReply.Status {
    let name = authority.distinguishedName.der.bytes
    let isOurs =
      switch id.hash {
      case .sha1: id.issuerNameHash == Array(Insecure.SHA1.hash(data: name)) && id.issuerKeyHash == authority.key.keyIdentifier
      case .sha256: id.issuerNameHash == Array(SHA256.hash(data: name)) && id.issuerKeyHash == authority.key.keyHashSHA256
      }
    guard isOurs, let certificate = state.certificate(authority.name, serial: id.serial) else { return .unknown }
    return certificate.revocation.map { .revoked(at: $0.at, $0.reason) } ?? .good
  }
}

extension OCSPQuestion {
  /// The same bytes with the last bit turned: what a mistaken answer speaks of.
  static func next(_ serial: [UInt8]) -> [UInt8] {
    guard let last = serial.last else { return [1] }
    return serial.dropLast() + [last ^ 1]
  }
}

extension OCSPQuestion.CertificateID {
  /// This CertID with its serial, which stands last, changed.
  fileprivate var encodedOfNextSerial: [UInt8] { OCSPQuestion.next(encoded) }
}
