public import Foundation
internal import COpenSSL

/// Validates certification paths of several hops by OpenSSL (RFC 5280 §6). It has nothing to do with what a card may use: cards have one hop and rules
/// of their own (`CardVerifier`). This is for looking at any certificate, and for comparing.
public enum CertificationPath {
  /// Certificates between the certificate and its anchor, at most.
  public static let maximumIntermediates = 16

  /// Signatures and keys worth less than 112 bits are refused: no SHA-1, no RSA below 2048 bits.
  static let securityLevel: Int32 = 2

  /// Builds a path from `certificate` to an anchor, and validates it as of `at`: strictly (what RFC 5280 demands of issuers counts too), with policies,
  /// and, where there is a revocation list at all, with the status of every certificate of the path by full, partial, indirect or delta lists.
  ///
  /// Blocking and CPU only; its time grows with the number of certificates and the size of the lists.
  ///
  /// - Parameters:
  ///   - certificate: in DER.
  ///   - material: the anchors and what may stand between.
  public static func validate(_ certificate: [UInt8], with material: PathMaterial, at: Date) throws(PathInputError) -> PathResult {
    defer { ERR_clear_error() }
    let target = try certificates([certificate], .certificate)[0]
    let anchors = try certificates(material.anchors, .anchor)
    for (index, anchor) in anchors.enumerated() where X509_self_signed(anchor.pointer, 1) != 1 {
      throw .anchorNotSelfSigned(position: index + 1)
    }
    let intermediates = try certificates(material.intermediates, .intermediate)
    let lists = try revocationLists(material.revocationLists)
    guard let run = PathRun(target: target, anchors: anchors, intermediates: intermediates, lists: lists, at: at) else {
      throw .outOfMemory
    }
    return run.result()
  }

  private static func certificates(_ ders: [[UInt8]], _ input: PathInput) throws(PathInputError) -> [OpenSSLCertificate] {
    var found: [OpenSSLCertificate] = []
    for (index, der) in ders.enumerated() {
      guard der.count <= input.maximumBytes else { throw .tooLarge(input) }
      guard let one = OpenSSLCertificate(der) else { throw .malformed(input, position: index + 1) }
      found.append(one)
    }
    return found
  }

  private static func revocationLists(_ ders: [[UInt8]]) throws(PathInputError) -> [OpenSSLRevocationList] {
    var found: [OpenSSLRevocationList] = []
    for (index, der) in ders.enumerated() {
      guard let one = OpenSSLRevocationList(der) else { throw .malformed(.revocationList, position: index + 1) }
      found.append(one)
    }
    return found
  }
}
