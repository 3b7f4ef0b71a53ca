import Crypto
public import Foundation
import Glibc

/// TLS certificates for a machine's own use: an authority, servers and clients with ECDSA P-256 keys, written as PEM into one directory.
/// For the simulator's mutual TLS and for a broker tried out on the same machine; nothing of it belongs into production.
public struct TLSMaterial: Sendable {
  private let directory: String
  private let authority: TLSAuthority

  /// Opens the authority of `directory` (`ca.pem`, `ca.key`), or makes it where there is none; then more certificates may be added to it.
  ///
  /// - Throws: ``StateError`` where the directory cannot be used or `ca.key` is no key.
  public init(directory: String, at moment: Date) throws {
    self.directory = directory
    try PrivateFile.makeDirectory(directory)
    let keyPath = "\(directory)/ca.key"
    let certificatePath = "\(directory)/ca.pem"
    if let pem = try? String(contentsOfFile: keyPath, encoding: .utf8), FileManager.default.fileExists(atPath: certificatePath) {
      guard let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) else { throw StateError.notAState(keyPath) }
      authority = TLSAuthority(key: key)
    } else {
      authority = TLSAuthority(key: P256.Signing.PrivateKey())
      try PrivateFile.replace(keyPath, Array(authority.key.pemRepresentation.utf8))
      try PrivateFile.replace(certificatePath, Array(PEM.encode(try authority.certificate(at: moment), label: "CERTIFICATE").utf8))
    }
  }

  /// Makes `<file>.pem` and `<file>.key` for a server under the given host names and addresses, unless both are there already.
  public func server(_ file: String, names: [String], at moment: Date) throws {
    try make(file, commonName: names.first ?? "localhost", purpose: .server(names), at: moment)
  }

  /// Makes `<file>.pem` and `<file>.key` for a client of that name, unless both are there already.
  public func client(_ file: String, at moment: Date) throws {
    try make(file, commonName: file, purpose: .client, at: moment)
  }

  private func make(_ file: String, commonName: String, purpose: TLSAuthority.Purpose, at moment: Date) throws {
    let paths = (key: "\(directory)/\(file).key", certificate: "\(directory)/\(file).pem")
    let manager = FileManager.default
    guard !manager.fileExists(atPath: paths.key) || !manager.fileExists(atPath: paths.certificate) else { return }
    let key = P256.Signing.PrivateKey()
    let certificate = try authority.certificate(for: key.publicKey, commonName: commonName, purpose: purpose, at: moment)
    try PrivateFile.replace(paths.key, Array(key.pemRepresentation.utf8))
    try PrivateFile.replace(paths.certificate, Array(PEM.encode(certificate, label: "CERTIFICATE").utf8))
  }
}

/// The authority behind ``TLSMaterial``: profiles of RFC 5280 and RFC 9110 §4.3.4, no more than TLS stacks ask for.
struct TLSAuthority: Sendable {
  let key: P256.Signing.PrivateKey

  enum Purpose: Sendable {
    /// Host names and IP addresses.
    case server([String])
    case client
  }

  private static let name = DistinguishedName([
    (.country, "JP"), (.organization, "Yonjo local"), (.commonName, "Yonjo local TLS authority"),
  ])

  private static func keyIdentifier(_ key: P256.Signing.PublicKey) -> [UInt8] { Array(Insecure.SHA1.hash(data: key.x963Representation)) }

  /// Sixteen random bytes, positive.
  private static func serial() -> [UInt8] { [UInt8.random(in: 1...0x7F)] + (0..<15).map { _ in UInt8.random(in: 0...255) } }

  private func sign(_ message: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: message).derRepresentation) }

  /// The authority's own certificate, for ten years.
  func certificate(at moment: Date) throws -> [UInt8] {
    try CertificateContent(
      serial: Self.serial(), algorithm: .ecdsaWithSHA256Algorithm, issuer: Self.name.der, subject: Self.name.der,
      notBefore: moment.addingTimeInterval(-3600), notAfter: moment.addingTimeInterval(10 * 365 * 86_400),
      subjectPublicKeyInfo: Array(key.publicKey.derRepresentation),
      extensions: [
        Extension(identifier: .basicConstraints, critical: true, value: .sequence(.boolean(true), .integer(0))),
        CertificateProfile.keyUsage([5, 6]),
        CertificateProfile.subjectKeyIdentifier(Self.keyIdentifier(key.publicKey)),
      ]
    ).signed(by: sign)
  }

  /// A leaf for two years.
  func certificate(for subject: P256.Signing.PublicKey, commonName: String, purpose: Purpose, at moment: Date) throws -> [UInt8] {
    let usage: ObjectIdentifier
    var names: [DER] = []
    switch purpose {
    case .server(let hosts):
      usage = .serverAuthentication
      names = hosts.map(Self.generalName)
    case .client: usage = .clientAuthentication
    }
    var extensions = [
      CertificateProfile.keyUsage([0]),
      Extension(identifier: .extendedKeyUsage, critical: false, value: .sequence(.objectIdentifier(usage))),
      Extension(
        identifier: .authorityKeyIdentifier, critical: false,
        value: .sequence(.implicitPrimitive(0, Self.keyIdentifier(key.publicKey)))),
      CertificateProfile.subjectKeyIdentifier(Self.keyIdentifier(subject)),
    ]
    if !names.isEmpty { extensions.append(Extension(identifier: .subjectAlternativeName, critical: false, value: .sequence(names))) }
    return try CertificateContent(
      serial: Self.serial(), algorithm: .ecdsaWithSHA256Algorithm, issuer: Self.name.der,
      subject: DistinguishedName([(.country, "JP"), (.organization, "Yonjo local"), (.commonName, commonName)]).der,
      notBefore: moment.addingTimeInterval(-3600), notAfter: moment.addingTimeInterval(2 * 365 * 86_400),
      subjectPublicKeyInfo: Array(subject.derRepresentation), extensions: extensions
    ).signed(by: sign)
  }

  /// `[7] iPAddress` for an address, `[2] dNSName` for everything else.
  private static func generalName(_ host: String) -> DER {
    var four = in_addr()
    if inet_pton(AF_INET, host, &four) == 1 { return .implicitPrimitive(7, withUnsafeBytes(of: &four) { Array($0) }) }
    var six = in6_addr()
    if inet_pton(AF_INET6, host, &six) == 1 { return .implicitPrimitive(7, withUnsafeBytes(of: &six) { Array($0) }) }
    return .implicitPrimitive(2, Array(host.utf8))
  }
}
