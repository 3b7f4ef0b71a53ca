internal import COpenSSL
internal import Foundation

/// One run of OpenSSL's path validation. Everything that OpenSSL borrows lives as long as the run.
final class PathRun {
  private let target: OpenSSLCertificate
  private let anchors: [OpenSSLCertificate]
  private let intermediates: [OpenSSLCertificate]
  private let lists: [OpenSSLRevocationList]
  private let untrusted: OpenSSLStack
  private let known: OpenSSLStack
  private let store: OpaquePointer
  private let context: OpaquePointer

  /// Nil when memory ran out.
  init?(
    target: OpenSSLCertificate, anchors: [OpenSSLCertificate], intermediates: [OpenSSLCertificate], lists: [OpenSSLRevocationList], at: Date
  ) {
    guard let untrusted = OpenSSLStack(intermediates.map(\.pointer)), let known = OpenSSLStack(lists.map(\.pointer)),
      let store = X509_STORE_new()
    else { return nil }
    guard let context = X509_STORE_CTX_new() else {
      X509_STORE_free(store)
      return nil
    }
    (self.target, self.anchors, self.intermediates, self.lists) = (target, anchors, intermediates, lists)
    (self.untrusted, self.known, self.store, self.context) = (untrusted, known, store, context)
    for anchor in anchors where X509_STORE_add_cert(store, anchor.pointer) != 1 { return nil }
    guard X509_STORE_CTX_init(context, store, target.pointer, untrusted.pointer) == 1 else { return nil }
    X509_STORE_CTX_set0_crls(context, known.pointer)
    guard let parameters = X509_STORE_CTX_get0_param(context) else { return nil }
    X509_VERIFY_PARAM_set_flags(parameters, Self.flags(checksRevocation: !lists.isEmpty))
    X509_VERIFY_PARAM_set_depth(parameters, Int32(CertificationPath.maximumIntermediates))
    X509_VERIFY_PARAM_set_auth_level(parameters, CertificationPath.securityLevel)
    X509_VERIFY_PARAM_set_time(parameters, Int(at.wholeSeconds))
  }

  deinit {
    X509_STORE_CTX_free(context)
    X509_STORE_free(store)
  }

  private static func flags(checksRevocation: Bool) -> UInt {
    var flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_CHECK_SS_SIGNATURE
    if checksRevocation {
      flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS
    }
    return UInt(flags)
  }

  func result() -> PathResult {
    let isValid = X509_verify_cert(context) == 1
    var error = X509_STORE_CTX_get_error(context)
    // Where OpenSSL fails without saying why, the path is not valid all the same.
    if !isValid, error == X509_V_OK { error = X509_V_ERR_UNSPECIFIED }
    return PathResult(
      isValid: isValid, error: isValid ? 0 : Int(error),
      reason: X509_verify_cert_error_string(Int(error)).map { String(cString: $0) } ?? "",
      depth: isValid ? 0 : Int(X509_STORE_CTX_get_error_depth(context)), chain: chain(), checksRevocation: !lists.isEmpty)
  }

  private func chain() -> [PathLink] {
    guard let stack = X509_STORE_CTX_get0_chain(context) else { return [] }
    return (0..<OPENSSL_sk_num(stack)).compactMap { index in
      guard let raw = OPENSSL_sk_value(stack, index) else { return nil }
      return link(OpaquePointer(raw), isFirst: index == 0)
    }
  }

  private func link(_ certificate: OpaquePointer, isFirst: Bool) -> PathLink? {
    let (input, position): (PathInput, Int)
    if isFirst {
      (input, position) = (.certificate, 1)
    } else if let index = Self.index(of: certificate, in: anchors) {
      (input, position) = (.anchor, index + 1)
    } else if let index = Self.index(of: certificate, in: intermediates) {
      (input, position) = (.intermediate, index + 1)
    } else {
      return nil
    }
    var signatureBits: Int32 = -1
    if X509_get_signature_info(certificate, nil, nil, &signatureBits, nil) != 1 { signatureBits = -1 }
    let keyBits = X509_get0_pubkey(certificate).map { EVP_PKEY_get_security_bits($0) } ?? 0
    return PathLink(input: input, position: position, keyBits: Int(keyBits), signatureBits: Int(signatureBits))
  }

  private static func index(of certificate: OpaquePointer, in others: [OpenSSLCertificate]) -> Int? {
    others.firstIndex { X509_cmp($0.pointer, certificate) == 0 }
  }
}
