internal import COpenSSLShims

/// Why requests cannot be signed. Holds nothing of the key.
public enum OCSPSignerError: Error, Sendable, Hashable {
  /// There is no certificate in the PEM text, or one that is larger than 16 KiB or no certificate.
  case certificate
  /// There is no private key in the PEM text, or none of RSA (2048 bits or more), P-256 or P-384. Encrypted keys are not read.
  case key
  /// The key is not the certificate's.
  case mismatch
  /// The key did not sign.
  case signing
}

/// Signs OCSP requests (RFC 6960 §4.1.1, optionalSignature) as the client whose certificate it holds. Prints nothing of the key.
///
/// Invariant behind `@unchecked Sendable`: the C value is complete when `init` returns and only read afterwards; each signature has its own
/// context; it is freed when the last reference goes.
public final class OCSPRequestSigner: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
  private let handle: OpaquePointer
  /// The client's certificate.
  private let certificate: [UInt8]
  /// GeneralName `[4]`: requestorName SHALL be given with a signature (§4.1.2).
  private let requestor: [UInt8]
  private let algorithm: [UInt8]

  /// - Parameters:
  ///   - certificatePEM: the one certificate of the client, at most 64 KiB of text.
  ///   - keyPEM: its private key: RSA (signs with SHA-256), P-256 (SHA-256) or P-384 (SHA-384), not encrypted.
  public init(certificatePEM: String, keyPEM: String) throws(OCSPSignerError) {
    guard let der = PEM.certificate(text: certificatePEM), der.count <= JPKIProfile.maximumCertificateBytes,
      let fields = try? CertificateFields(der)
    else { throw .certificate }
    let key = Array(keyPEM.utf8)
    guard key.count <= 64 * 1024, let made = yonjo_signer_new(key, key.count) else { throw .key }
    guard yonjo_signer_matches(made, der, der.count) == 1 else {
      yonjo_signer_free(made)
      throw .mismatch
    }
    handle = made
    certificate = der
    requestor = DERWriter.element(DERTag.contextConstructed(4), Array(der[fields.subject.whole]))
    algorithm =
      switch Int(yonjo_signer_kind(made)) {
      case YONJO_SIGNER_P256: DERWriter.sequence(DERWriter.oid(.ecdsaWithSHA256))
      case YONJO_SIGNER_P384: DERWriter.sequence(DERWriter.oid(.ecdsaWithSHA384))
      default: DERWriter.sequence(DERWriter.oid(.sha256WithRSA), DERWriter.null)
      }
  }

  deinit { yonjo_signer_free(handle) }

  /// `[1]` requestorName.
  var requestorName: [UInt8] { DERWriter.element(DERTag.contextConstructed(1), requestor) }

  /// `[0]` optionalSignature over this tbsRequest.
  func signature(over tbsRequest: [UInt8]) throws(OCSPSignerError) -> [UInt8] {
    var length = 0
    let signature = [UInt8](unsafeUninitializedCapacity: Int(YONJO_SIGNER_LARGEST)) { output, count in
      length = yonjo_signer_sign(handle, tbsRequest, tbsRequest.count, output.baseAddress)
      count = max(length, 0)
    }
    guard length > 0 else { throw .signing }
    let certificates = DERWriter.element(DERTag.contextConstructed(0), DERWriter.sequence(certificate))
    let content = DERWriter.sequence(algorithm, DERWriter.element(DERTag.bitString, [0], signature), certificates)
    return DERWriter.element(DERTag.contextConstructed(0), content)
  }

  /// Nothing of it.
  public var description: String { "<redacted>" }
  /// No children.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
