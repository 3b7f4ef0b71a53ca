public import Foundation
internal import NIOCore
internal import NIOSSL

/// Where the server's TLS material lies (PEM).
public struct TLSFiles: Sendable, Equatable {
  /// The certificate, its own first, then intermediates.
  public var certificateChain: String
  /// Its private key.
  public var privateKey: String
  /// Authorities of client certificates; nil: none are asked for.
  public var clientAuthorities: String?

  /// Names the files; nothing is read yet.
  public init(certificateChain: String, privateKey: String, clientAuthorities: String? = nil) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
    self.clientAuthorities = clientAuthorities
  }

  /// From when until when the server's certificate is valid. Throws where the files cannot be read or do not belong together.
  public func validity() throws -> (notBefore: Date, notAfter: Date) {
    _ = try NIOSSLContext(configuration: try configuration())
    guard let first = try NIOSSLCertificate.fromPEMFile(certificateChain).first else { throw NIOSSLError.failedToLoadCertificate }
    return (Date(timeIntervalSince1970: TimeInterval(first.notValidBefore)), Date(timeIntervalSince1970: TimeInterval(first.notValidAfter)))
  }

  /// TLS 1.2 and newer; a client certificate is optional, but must verify where one is shown.
  func configuration() throws -> TLSConfiguration {
    let chain = try NIOSSLCertificate.fromPEMFile(certificateChain)
    let key = try NIOSSLPrivateKey(file: privateKey, format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    // Forward secrecy and authenticated encryption only, for the sake of TLS 1.2.
    configuration.cipherSuiteValues = [
      .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
      .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
    if let clientAuthorities {
      configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientAuthorities))
      configuration.certificateVerification = .optionalVerification
    }
    return configuration
  }
}
