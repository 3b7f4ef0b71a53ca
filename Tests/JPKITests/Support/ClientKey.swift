import COpenSSL

/// A key and certificate of an OCSP client, in PEM. The certificate is signed by an authority, whose it is does not matter here.
struct ClientKey {
  let keyPEM: String
  let certificatePEM: String

  /// RSA.
  init(bits: Int32 = 2048) {
    let key = TestKey(bits: bits)
    keyPEM = key.withHandle(Self.pem)
    certificatePEM = Self.certificate(key.publicKeyInfo)
  }

  /// An elliptic curve by name.
  init(group: String) {
    let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    precondition(
      EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set_group_name(context, group) == 1 && EVP_PKEY_generate(context, &key) == 1)
    defer { EVP_PKEY_free(key) }
    var der: UnsafeMutablePointer<UInt8>?
    let length = Int(i2d_PUBKEY(key, &der))
    precondition(length > 0)
    let publicKeyInfo = Array(UnsafeBufferPointer(start: der, count: length))
    CRYPTO_free(der, nil, 0)
    keyPEM = Self.pem(key!)
    certificatePEM = Self.certificate(publicKeyInfo)
  }

  private static func certificate(_ publicKeyInfo: [UInt8]) -> String {
    let der = Recipe(
      issuer: World.signingAuthority.name, subject: Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", "operator")]),
      publicKeyInfo: publicKeyInfo, extensions: []
    ).signed(by: World.signingAuthority.key)
    return text(der, "CERTIFICATE")
  }

  private static func pem(_ key: OpaquePointer) -> String {
    var der: UnsafeMutablePointer<UInt8>?
    let length = Int(i2d_PrivateKey(key, &der))
    precondition(length > 0)
    defer { CRYPTO_free(der, nil, 0) }
    return text(Array(UnsafeBufferPointer(start: der, count: length)), EVP_PKEY_is_a(key, "EC") == 1 ? "EC PRIVATE KEY" : "RSA PRIVATE KEY")
  }

  private static func text(_ der: [UInt8], _ label: String) -> String {
    // 48 bytes are the 64 characters of a line (RFC 7468 §2).
    let lines = stride(from: 0, to: der.count, by: 48).map { OpenSSLView.base64(Array(der[$0..<min($0 + 48, der.count)])) }
    return (["-----BEGIN \(label)-----"] + lines + ["-----END \(label)-----"]).joined(separator: "\n") + "\n"
  }
}
