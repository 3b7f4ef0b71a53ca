import Foundation
import JLIS
import JPKI

extension SimulatedJLIS {
  /// Whether both serials were issued to one person, in whichever generation.
  func belongTogether(signing: [UInt8], authentication: [UInt8]) throws -> Bool {
    try store.read { state in
      guard let first = state.certificate(.sign, serial: signing), let second = state.certificate(.auth, serial: authentication) else {
        return false
      }
      return first.citizenID == second.citizenID
    }
  }

  /// The serial of the newest certificate, on the same medium, of the person who had this one; nil while this is the newest.
  func successor(of serial: [UInt8], kind: CertificateKind) throws -> [UInt8]? {
    try store.read { state in
      let authority = AuthorityName.genuine(kind)
      guard let certificate = state.certificate(authority, serial: serial) else { throw JLISError.refused(.certificateUnknown) }
      guard
        let newest = state.certificates(of: certificate.citizenID, kind: kind, medium: certificate.cardMedium)
          .last(where: { $0.authority == authority })
      else { return nil }
      return newest.serial == certificate.serial ? nil : Array(newest.serial)
    }
  }
}
