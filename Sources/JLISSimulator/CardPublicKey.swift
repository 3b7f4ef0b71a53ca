import Crypto
import CryptoExtras
import Foundation
public import JPKI

/// What an authority certifies of a key: its public half.
protocol CardPublicKey: Sendable {
  /// `SubjectPublicKeyInfo`.
  var subjectPublicKeyInfo: [UInt8] { get }
  /// SHA-1 of the public key's bit string (RFC 5280 §4.2.1.2 method 1).
  var keyIdentifier: [UInt8] { get }
}

extension RSAKey: CardPublicKey {}

/// The public half of a key that the simulator does not have: on a token, behind PKCS#11.
struct ForeignPublicKey: CardPublicKey {
  let subjectPublicKeyInfo: [UInt8]
  let keyIdentifier: [UInt8]

  /// - Parameter file: SubjectPublicKeyInfo (or PKCS #1) of an RSA-2048 key, DER or PEM.
  /// - Throws: ``SimulatorRefusal/publicKey`` for anything else.
  init(file: [UInt8]) throws(SimulatorRefusal) {
    do {
      let text = String(decoding: file, as: UTF8.self)
      let key =
        text.hasPrefix("-----BEGIN") ? try _RSA.Signing.PublicKey(pemRepresentation: text) : try .init(derRepresentation: file)
      guard key.keySizeInBits == 2048 else { throw SimulatorRefusal.publicKey }
      subjectPublicKeyInfo = Array(key.derRepresentation)
      keyIdentifier = Array(Insecure.SHA1.hash(data: key.pkcs1DERRepresentation))
    } catch {
      throw .publicKey
    }
  }
}

extension SimulatedJLIS {
  /// Certifies a key that was made elsewhere, on a token behind PKCS#11, for a citizen: as ``renew(_:kinds:)``, but the private half never comes
  /// here. The citizen's virtual card cannot sign with this certificate any more; the token can.
  ///
  /// - Parameter publicKey: RSA-2048, DER or PEM.
  /// - Throws: ``SimulatorRefusal/publicKey`` for another kind of key.
  @discardableResult
  public func certify(_ id: String, kind: CertificateKind, publicKey: [UInt8]) throws -> CitizenHandle {
    let key = try ForeignPublicKey(file: publicKey)
    try issue(id, kind: kind, key: key, keyID: "foreign")
    return try citizen(id)
  }
}
