import COpenSSL

/// What OpenSSL makes of a certificate.
enum OpenSSLView {
  static func x509(_ der: [UInt8]) -> OpaquePointer? {
    der.withUnsafeBufferPointer { bytes in
      var cursor = bytes.baseAddress
      return d2i_X509(nil, &cursor, bytes.count)
    }
  }

  /// Whether it parses, and no extension that OpenSSL knows is broken, twice or critical and unknown.
  static func understands(_ der: [UInt8]) -> Bool {
    guard let certificate = x509(der) else { return false }
    defer {
      X509_free(certificate)
      ERR_clear_error()
    }
    return X509_get_extension_flags(certificate) & UInt32(EXFLAG_INVALID | EXFLAG_CRITICAL) == 0
  }
}
