import Crypto
import Foundation
import JLIS
public import JPKI

extension SimulatedJLIS {
  private static let day = 86_400.0

  // MARK: OCSP

  /// Answers a DER `OCSPRequest` as the responder of that authority, switches and faults included (faults on the way are the carrier's business).
  /// A request that cannot be read is answered `malformedRequest`, unsigned.
  public func ocspAnswer(to request: [UInt8], kind: CertificateKind) throws -> [UInt8] {
    guard let question = OCSPQuestion(request) else { return OCSPReply.UnsignedError.malformedRequest.der }
    let (fault, switches) = try store.read { ($0.faults.ocsp, $0.switches) }
    if let refusal = Self.refusal(of: question, fault, switches) { return refusal.der }
    let genuine = try authority(.genuine(kind))
    var reply = try store.read { state in
      OCSPReply(
        producedAt: now,
        answers: question.certificates.map {
          OCSPReply.Single(encodedCertificateID: $0.encoded, status: Self.status(of: $0, by: genuine, in: state))
        },
        nonce: switches.echoesNonce ? question.nonce : nil)
    }
    if !switches.givesNextUpdate { reply.nextUpdate = nil }
    spoil(&reply, question, fault)
    let answer = try reply.signed(by: try signer(genuine, switches, fault))
    return fault == .malformed ? Array(answer.prefix(answer.count / 2)) : answer
  }

  private static func refusal(of question: OCSPQuestion, _ fault: Faults.OCSPFault?, _ switches: ResponderSwitches) -> OCSPReply
    .UnsignedError?
  {
    switch fault {
    case .tryLater: return .tryLater
    case .unauthorized: return .unauthorized
    default: break
    }
    if switches.requests == .signed {
      switch question.signature {
      case .absent: return .sigRequired
      case .invalid: return .unauthorized
      case .valid: break
      }
    }
    let isUnderstood: (OCSPQuestion.HashAlgorithm) -> Bool = {
      switch switches.hashes {
      case .both: true
      case .sha1: $0 == .sha1
      case .sha256: $0 == .sha256
      }
    }
    return question.certificates.allSatisfy { isUnderstood($0.hash) } ? nil : .unauthorized
  }

  /// Faults of what the answer says.
  private func spoil(_ reply: inout OCSPReply, _ question: OCSPQuestion, _ fault: Faults.OCSPFault?) {
    switch fault {
    case .stale: reply = OCSPReply(producedAt: now.addingTimeInterval(-2 * Self.day), answers: reply.answers, nonce: reply.nonce)
    case .tooOld:
      reply.thisUpdate = now.addingTimeInterval(-3600)
      reply.nextUpdate = nil
    case .future:
      reply.thisUpdate = now.addingTimeInterval(3600)
      reply.nextUpdate = reply.thisUpdate.addingTimeInterval(OCSPReply.gridSeconds)
    case .wrongSerial:
      reply.answers = zip(reply.answers, question.certificates).map {
        .init(encodedCertificateID: $1.encodedOfNextSerial, status: $0.status)
      }
    case .wrongIssuer:
      reply.answers = zip(reply.answers, question.certificates).map {
        .init(encodedCertificateID: $1.encodedOfOtherIssuer, status: $0.status)
      }
    case .twice: reply.answers += reply.answers
    case .missingNonce: reply.nonce = nil
    case .wrongNonce: reply.nonce = question.nonce.map(OCSPQuestion.next)
    case .unknownCritical: reply.extensions = [Extension(identifier: .nobodys, critical: true, value: .null)]
    case .unknownCertificate: reply.answers = reply.answers.map { .init(encodedCertificateID: $0.encodedCertificateID, status: .unknown) }
    default: break
    }
  }

  /// Who signs, as the switches say; faults of the responder's certificate make a delegate of it.
  private func signer(_ genuine: Authority, _ switches: ResponderSwitches, _ fault: Faults.OCSPFault?) throws -> OCSPReply.Signer {
    let moment = now
    let (from, until) = (moment.addingTimeInterval(-30 * Self.day), moment.addingTimeInterval(30 * Self.day))
    let certificate: [UInt8]?
    switch fault {
    case .wrongSigner:
      let rogue = try authority(.rogue(genuine.kind))
      return Self.delegate(rogue, rogue.responderCertificate, switches)
    case .missingResponder: certificate = nil
    case .expiredResponder:
      certificate = try genuine.spoiledResponderCertificate(notBefore: from, notAfter: moment.addingTimeInterval(-Self.day))
    case .wrongPurpose:
      certificate = try genuine.spoiledResponderCertificate(notBefore: from, notAfter: until, purpose: .clientAuthentication)
    case .uncheckedResponder: certificate = try genuine.spoiledResponderCertificate(notBefore: from, notAfter: until, isUnchecked: false)
    default:
      guard switches.signer == .authority else {
        certificate = genuine.responderCertificate
        break
      }
      let identifier =
        switches.naming == .key
        ? DER.explicit(2, .octetString(genuine.key.keyIdentifier)) : DER.explicit(1, genuine.distinguishedName.der)
      let key = fault == .wrongSignature ? genuine.responderKey : genuine.key
      return OCSPReply.Signer(key: key, identifier: identifier, certificate: nil)
    }
    var signer = Self.delegate(genuine, certificate, switches)
    if fault == .wrongSignature { signer.key = genuine.key }
    return signer
  }

  private static func delegate(_ authority: Authority, _ certificate: [UInt8]?, _ switches: ResponderSwitches) -> OCSPReply.Signer {
    let identifier =
      switches.naming == .key
      ? DER.explicit(2, .octetString(authority.responderKey.keyIdentifier)) : DER.explicit(1, AuthorityNames.responder(authority.kind).der)
    return OCSPReply.Signer(key: authority.responderKey, identifier: identifier, certificate: certificate)
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

  // MARK: Lists

  /// The codes of the municipalities whose parts of the lists there are (全国地方公共団体コード, five digits).
  public static var municipalities: [String] { Municipality.known.map(\.code) }

  /// The revocation list of that authority as DER, faults included as with OCSP.
  ///
  /// - Parameter municipality: the part of one of ``municipalities``, marked as such (IssuingDistributionPoint); nil: the whole list.
  /// - Throws: ``SimulatorRefusal/municipalityUnknown``.
  public func revocationListDER(kind: CertificateKind, municipality code: String? = nil) throws -> [UInt8] {
    let municipality = try code.map { code in
      guard let known = Municipality.known.first(where: { $0.code == code }) else { throw SimulatorRefusal.municipalityUnknown }
      return known
    }
    let fault = try faults.crl
    let genuine = try authority(.genuine(kind))
    let signer = fault == .wrongSigner ? try authority(.rogue(kind)) : genuine
    let moment = now
    var list = try store.read { RevocationListContent($0, authority: genuine.name, municipality: municipality, at: moment) }
    Self.spoil(&list, genuine.kind, municipality, fault, at: moment)
    let der = try list.signed(issuer: signer.identity, key: fault == .wrongSignature ? genuine.responderKey : signer.key)
    return fault == .malformed ? Array(der.prefix(der.count / 2)) : der
  }

  /// Faults of what the list says.
  private static func spoil(
    _ list: inout RevocationListContent, _ kind: CertificateKind, _ municipality: Municipality?, _ fault: Faults.ListFault?, at moment: Date
  ) {
    switch fault {
    case .stale:
      list.thisUpdate.addTimeInterval(-4 * day)
      list.nextUpdate.addTimeInterval(-4 * day)
    case .future:
      list.thisUpdate = moment.addingTimeInterval(day)
      list.nextUpdate = moment.addingTimeInterval(2 * day)
    case .wrongSerial:
      for place in list.entries.indices { list.entries[place].serial = OCSPQuestion.next(list.entries[place].serial) }
    case .numberBack: list.number -= min(list.number, 1000)
    case .shrunk: list.entries = Array(list.entries.prefix(list.entries.count / 10))
    case .delta:
      list.extensions = [Extension(identifier: .deltaCRLIndicator, critical: true, value: .integer(list.number - min(list.number, 1)))]
    case .indirect: list.isIndirect = true
    case .unknownCritical: list.extensions = [Extension(identifier: .nobodys, critical: true, value: .null)]
    case .otherPart:
      let other = Municipality.known.last { $0 != municipality }
      list.part = other.map { AuthorityNames.distributionPoint(kind, $0) }
    default: break
    }
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

  /// This CertID with the hash of the issuer's key, which stands in front of the serial, changed.
  fileprivate var encodedOfOtherIssuer: [UInt8] {
    var bytes = encoded
    if let key = bytes.lastRange(of: issuerKeyHash), !key.isEmpty { bytes[key.lowerBound] ^= 1 }
    return bytes
  }
}

extension [UInt8] {
  fileprivate func lastRange(of part: [UInt8]) -> Range<Int>? {
    guard !part.isEmpty, count >= part.count else { return nil }
    for start in stride(from: count - part.count, through: 0, by: -1) where self[start..<start + part.count].elementsEqual(part) {
      return start..<start + part.count
    }
    return nil
  }
}
