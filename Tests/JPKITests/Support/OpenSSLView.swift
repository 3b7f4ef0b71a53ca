import COpenSSL

/// What OpenSSL makes of a certificate.
enum OpenSSLView {
  static func x509(_ der: [UInt8]) -> OpaquePointer? {
    der.withUnsafeBufferPointer { bytes in
      var cursor = bytes.baseAddress
      return d2i_X509(nil, &cursor, bytes.count)
    }
  }

  /// Base64 in one line.
  static func base64(_ bytes: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let length = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
    return String(decoding: text[..<Int(length)], as: UTF8.self)
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
