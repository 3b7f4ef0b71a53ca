import Foundation
import JLIS
public import JPKI

extension SimulatedJLIS {
  /// Puts certificates onto the citizen's phone (スマホ用電子証明書): own keys, own numbers, own revocation, the card's items (jpki.md §4). What was on
  /// a phone of that kind before is revoked with ``RevocationReason/superseded``.
  ///
  /// - Throws: ``SimulatorRefusal/certificateUnknown`` where the card's own certificates do not stand: with them one asks for the phone's.
  @discardableResult
  public func newPhone(_ id: String, medium: CardMedium) throws -> CitizenHandle {
    guard medium != .card else { throw SimulatorRefusal.notAPhone }
    let moment = now
    for kind in CertificateKind.allCases {
      guard try certificateOnCard(of: id, kind).isValid(at: moment) else { throw SimulatorRefusal.certificateUnknown }
    }
    let authorities = try CertificateKind.allCases.map { try authority(.genuine($0)) }
    let keys = try makeKeys(authorities.count)
    let keyIDs = try keys.map(vault.keep)
    try store.change { state in
      guard let citizen = state.citizen(id) else { throw SimulatorRefusal.citizenUnknown }
      for (number, authority) in authorities.enumerated() {
        let old = state.certificates(of: id, kind: authority.kind, medium: medium).last
        let order = CertificateOrder(
          citizen: citizen, key: keys[number], keyID: keyIDs[number], issuedAt: moment, predecessor: old?.serial, medium: medium)
        state.add(try order.issue(by: authority, named: authority.identity, in: state))
        if let old, old.notAfter >= moment { state.revoke(old.authority, serial: old.serial, reason: .superseded, at: moment) }
      }
    }
    return try phone(of: id, medium: medium)
  }

  /// The certificates now on the citizen's phone.
  public func phone(of id: String, medium: CardMedium) throws -> CitizenHandle {
    CitizenHandle(
      id: id, signingCertificate: Array(try certificateOnCard(of: id, .signing, medium).der),
      authenticationCertificate: Array(try certificateOnCard(of: id, .authentication, medium).der))
  }

  /// The number of the certificate on the card of the person to whom the phone's was issued; nil for one that is the card's itself.
  func cardCounterpart(of serial: [UInt8], kind: CertificateKind) throws -> [UInt8]? {
    try store.read { state in
      let authority = AuthorityName.genuine(kind)
      guard let certificate = state.certificate(authority, serial: serial) else { throw JLISError.refused(.certificateUnknown) }
      guard certificate.cardMedium != .card else { return nil }
      return state.certificates(of: certificate.citizenID, kind: kind).last { $0.authority == authority }.map { Array($0.serial) }
    }
  }
}
