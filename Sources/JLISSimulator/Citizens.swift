import CitizenItems
import Foundation
public import JPKI

/// What is wrong with a citizen's certificates from the first moment.
public enum CertificateVariant: String, Sendable, CaseIterable {
  /// Nothing.
  case valid
  /// Issued six years ago, ended at least a year ago.
  case expired
  /// To be issued in thirty days.
  case notYetValid
  /// Revoked at once, both, with reason ``RevocationReason/cessationOfOperation``.
  case revoked
  /// Issued by another root of the same name, whose key identifier is its own.
  case untrusted
  /// Issued by another root of the same name, which claims the genuine root's key identifier and serial.
  case forged
}

/// A citizen and the certificates now on the card.
public struct CitizenHandle: Sendable {
  /// `citizen-1`, `citizen-2` …
  public let id: String
  /// The signing certificate on the card, DER.
  public let signingCertificate: [UInt8]
  /// The authentication certificate on the card, DER.
  public let authenticationCertificate: [UInt8]
}

extension SimulatedJLIS {
  /// Registers a person and hands out a card with both certificates.
  ///
  /// - Parameters:
  ///   - name: 氏名; characters outside the certificate's set are replaced and flagged (髙 → 高).
  ///   - address: 住所; decides the municipality.
  ///   - dateOfBirth: any spelling ``CitizenItems/DateOfBirth`` reads; `EYYYYMMDD` is taken as it is.
  ///   - sex: any spelling ``CitizenItems/Sex`` reads.
  ///   - certificates: what is wrong with them.
  /// - Throws: ``SimulatorRefusal`` for items that no certificate can carry.
  @discardableResult
  public func newCitizen(
    name: String, address: String, dateOfBirth: String, sex: String, certificates variant: CertificateVariant = .valid
  ) throws -> CitizenHandle {
    let items = try Self.certified(name: name, address: address, dateOfBirth: dateOfBirth, sex: sex)
    let issuedAt =
      switch variant {
      case .expired: now.addingTimeInterval(-6 * 366 * 86_400)
      case .notYetValid: now.addingTimeInterval(30 * 86_400)
      case .valid, .revoked, .untrusted, .forged: now
      }
    let authorities = try CertificateKind.allCases.map { kind in
      switch variant {
      case .untrusted, .forged: try authority(.rogue(kind))
      case .valid, .expired, .notYetValid, .revoked: try authority(.genuine(kind))
      }
    }
    let keys = try makeKeys(authorities.count)
    let identities = try authorities.map { variant == .forged ? try authority(.genuine($0.kind)).identity : $0.identity }
    let keyIDs = try keys.map(vault.keep)
    let moment = now
    let id = try store.change { state in
      let citizen = CitizenRecord(id: state.nextCitizenID, items: items)
      state.add(citizen)
      for (number, authority) in authorities.enumerated() {
        let order = CertificateOrder(
          citizen: citizen, key: keys[number], keyID: keyIDs[number], issuedAt: issuedAt, predecessor: nil)
        let certificate = try order.issue(by: authority, named: identities[number], in: state)
        state.add(certificate)
        if variant == .revoked {
          state.revoke(authority.name, serial: certificate.serial, reason: .cessationOfOperation, at: moment)
        }
      }
      return citizen.id
    }
    return try citizen(id)
  }

  /// The citizen's present certificates.
  public func citizen(_ id: String) throws -> CitizenHandle {
    CitizenHandle(
      id: id, signingCertificate: Array(try certificateOnCard(of: id, .signing).der),
      authenticationCertificate: Array(try certificateOnCard(of: id, .authentication).der))
  }

  /// The ids of all citizens, in the order of their registration.
  public func citizenIDs() throws -> [String] {
    try store.read { $0.citizens.map(\.id) }
  }

  /// The person's entry in the resident register changes (住民票): the signing certificate is revoked with
  /// ``RevocationReason/affiliationChanged``; the authentication certificate, which carries no items, stands.
  ///
  /// - Parameters:
  ///   - newAddress: nil leaves the address.
  ///   - newName: nil leaves the name; also for a name that is only spelled anew.
  ///   - reissue: whether a new signing certificate goes onto the card at once, as at the counter; otherwise ``renew(_:kinds:)`` does it later.
  @discardableResult
  public func move(_ id: String, newAddress: String? = nil, newName: String? = nil, reissue: Bool = true) throws -> CitizenHandle {
    let old = try certificateOnCard(of: id, .signing)
    let moment = now
    try store.change { state in
      guard var citizen = state.citizen(id) else { throw SimulatorRefusal.citizenUnknown }
      guard citizen.diedAt == nil else { throw SimulatorRefusal.citizenDead }
      citizen.items.name = try newName.map(Self.field) ?? citizen.items.name
      citizen.items.address = try newAddress.map(Self.field) ?? citizen.items.address
      state.update(citizen)
      state.revoke(old.authority, serial: old.serial, reason: .affiliationChanged, at: moment)
      state.endPhones(of: id, kind: .signing, reason: .affiliationChanged, at: moment)
    }
    return reissue ? try renew(id, kinds: [.signing]) : try citizen(id)
  }

  /// Puts new certificates onto the card; what they follow is revoked with ``RevocationReason/superseded`` unless it had ended already.
  /// A phone's certificates of that kind end with it: ``newPhone(_:medium:)`` puts new ones onto the phone.
  @discardableResult
  public func renew(_ id: String, kinds: Set<CertificateKind> = [.signing, .authentication]) throws -> CitizenHandle {
    for kind in CertificateKind.allCases where kinds.contains(kind) {
      let key = try makeKeys(1)[0]
      try issue(id, kind: kind, key: key, keyID: vault.keep(key))
    }
    return try citizen(id)
  }

  /// A new certificate over this key goes onto the card; the one it follows is revoked unless it had ended.
  func issue(_ id: String, kind: CertificateKind, key: any CardPublicKey, keyID: String) throws {
    let authority = try authority(.genuine(kind))
    let moment = now
    try store.change { state in
      guard let citizen = state.citizen(id) else { throw SimulatorRefusal.citizenUnknown }
      guard citizen.diedAt == nil else { throw SimulatorRefusal.citizenDead }
      let old = state.certificates(of: id, kind: kind).last
      let order = CertificateOrder(citizen: citizen, key: key, keyID: keyID, issuedAt: moment, predecessor: old?.serial)
      let certificate = try order.issue(by: authority, named: authority.identity, in: state)
      state.add(certificate)
      if let old, old.notAfter >= moment { state.revoke(old.authority, serial: old.serial, reason: .superseded, at: moment) }
      state.endPhones(of: id, kind: kind, reason: .cessationOfOperation, at: moment)
    }
  }

  /// The person dies: both certificates are revoked with ``RevocationReason/cessationOfOperation``.
  public func die(_ id: String) throws {
    let moment = now
    try store.change { state in
      guard var citizen = state.citizen(id) else { throw SimulatorRefusal.citizenUnknown }
      guard citizen.diedAt == nil else { throw SimulatorRefusal.citizenDead }
      citizen.diedAt = moment
      state.update(citizen)
      for kind in CertificateKind.allCases {
        guard let certificate = state.certificates(of: id, kind: kind).last else { continue }
        state.revoke(certificate.authority, serial: certificate.serial, reason: .cessationOfOperation, at: moment)
        state.endPhones(of: id, kind: kind, reason: .cessationOfOperation, at: moment)
      }
    }
  }

  /// Revokes the certificate now on the card or phone. The card's takes those of the phones along, a phone's goes alone (jpki.md §4).
  ///
  /// - Throws: ``SimulatorRefusal/alreadyRevoked`` where it has been: the first reason stands.
  public func revoke(_ id: String, kind: CertificateKind, medium: CardMedium = .card, reason: RevocationReason) throws {
    let moment = now
    try store.change { state in
      guard state.citizen(id) != nil else { throw SimulatorRefusal.citizenUnknown }
      guard let certificate = state.certificates(of: id, kind: kind, medium: medium).last else {
        throw SimulatorRefusal.certificateUnknown
      }
      guard certificate.revocation == nil else { throw SimulatorRefusal.alreadyRevoked }
      state.revoke(certificate.authority, serial: certificate.serial, reason: reason, at: moment)
      if medium == .card { state.endPhones(of: id, kind: kind, reason: reason, at: moment) }
    }
  }

  /// The card in the citizen's hand. A card signs whatever became of its certificates.
  ///
  /// - Parameter medium: a phone, which signs as the card does, with certificates of its own.
  public func card(for id: String, medium: CardMedium = .card) throws -> VirtualCard {
    let signing = try certificateOnCard(of: id, .signing, medium)
    let authentication = try certificateOnCard(of: id, .authentication, medium)
    return VirtualCard(
      signing: .init(certificate: Array(signing.der), key: try vault.key(signing.keyID)),
      authentication: .init(certificate: Array(authentication.der), key: try vault.key(authentication.keyID)))
  }

  func certificateOnCard(of id: String, _ kind: CertificateKind, _ medium: CardMedium = .card) throws -> CertificateRecord {
    try store.read { state in
      guard state.citizen(id) != nil else { throw SimulatorRefusal.citizenUnknown }
      guard let certificate = state.certificates(of: id, kind: kind, medium: medium).last else {
        throw SimulatorRefusal.certificateUnknown
      }
      return certificate
    }
  }

  // MARK: Items

  static func certified(name: String, address: String, dateOfBirth: String, sex: String) throws -> CertifiedItems {
    CertifiedItems(
      name: try field(name), address: try field(address), dateOfBirth: try birthday(dateOfBirth), sex: try sexCode(sex))
  }

  private static func field(_ text: String) throws -> CertifiedItems.Field {
    guard (1...300).contains(text.unicodeScalars.count) else { throw SimulatorRefusal.text }
    return CertifiedItems.Field(registered: text)
  }

  private static func sexCode(_ text: String) throws -> String {
    do {
      return try Sex(text: text).code
    } catch {
      throw SimulatorRefusal.sex
    }
  }

  /// `EYYYYMMDD`: the era by the date, 0 where the year is not known (jpki.md §3).
  private static func birthday(_ text: String) throws -> String {
    if text.utf8.count == 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return text }
    do {
      let date = try DateOfBirth(text: text)
      let digits = date.iso.filter { $0 != "-" }
      guard date.year != nil else { return "0" + digits }
      let era =
        switch digits {
        case ..<"19120730": "1"
        case ..<"19261225": "2"
        case ..<"19890108": "3"
        case ..<"20190501": "4"
        default: "5"
        }
      return era + digits
    } catch {
      throw SimulatorRefusal.dateOfBirth
    }
  }
}
