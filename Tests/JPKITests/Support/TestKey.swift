import COpenSSL
import OpenSSLOracle

/// An RSA key of the tests.
///
/// Invariant behind `@unchecked Sendable`: the key is complete when `init` returns and only read afterwards; each signature has its own context.
final class TestKey: @unchecked Sendable {
  private let handle: OpaquePointer
  /// DER of SubjectPublicKeyInfo, by our own encoder.
  let publicKeyInfo: [UInt8]
  /// SHA-1 of the key bits.
  let identifier: [UInt8]

  /// A key of this size that nobody had before.
  convenience init(bits: Int32 = 2048) {
    let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil)
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    precondition(
      EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1 && EVP_PKEY_generate(context, &key) == 1)
    self.init(handle: key!, bits: bits)
  }

  /// The RSA-2048 key of this name: the same in every run, so that spoiled inputs can be made again.
  convenience init(named name: String) {
    self.init(handle: oracle_seeded_key(name)!, bits: 2048)
  }

  private init(handle: OpaquePointer, bits: Int32) {
    self.handle = handle
    var number: OpaquePointer?
    precondition(EVP_PKEY_get_bn_param(handle, "n", &number) == 1)
    defer { BN_free(number) }
    var modulus = [UInt8](repeating: 0, count: Int(bits) / 8)
    precondition(BN_bn2binpad(number, &modulus, Int32(modulus.count)) > 0)
    let key65537 = Encoder.sequence(Encoder.integer(modulus), Encoder.integer(65537))
    publicKeyInfo = Encoder.sequence(Encoder.algorithm(Algorithm.rsa), Encoder.bits(key65537))
    identifier = sha1(key65537)
  }

  deinit { EVP_PKEY_free(handle) }

  /// A SubjectPublicKeyInfo of this key's modulus with another exponent.
  func publicKeyInfo(exponent: Int) -> [UInt8] {
    // modulus: INTEGER of 257 content bytes after the two SEQUENCE headers of 4 bytes, AlgorithmIdentifier of 15, BIT STRING header of 5, SEQUENCE of 4.
    let start = 4 + 15 + 5 + 4
    let modulus = Array(publicKeyInfo[start..<(start + 4 + 257)])
    return Encoder.sequence(Encoder.algorithm(Algorithm.rsa), Encoder.bits(Encoder.sequence(modulus, Encoder.integer(exponent))))
  }

  /// PKCS#1 v1.5 around any payload, as the card does it: it does not look at what it signs.
  func sign(payload: [UInt8]) -> [UInt8] { operate(payload, padding: RSA_PKCS1_PADDING, digest: nil) }

  /// A whole block of the modulus' length, without padding.
  func sign(block: [UInt8]) -> [UInt8] { operate(block, padding: RSA_NO_PADDING, digest: nil) }

  /// RSASSA-PSS over this SHA-256 digest.
  func signPSS(digest: [UInt8]) -> [UInt8] { operate(digest, padding: RSA_PKCS1_PSS_PADDING, digest: EVP_sha256()) }

  /// sha256WithRSAEncryption over a message.
  func sign(_ message: [UInt8]) -> [UInt8] { sign(payload: digestInfo(Algorithm.sha256, sha256(message))) }

  private func operate(_ input: [UInt8], padding: Int32, digest: OpaquePointer?) -> [UInt8] {
    let context = EVP_PKEY_CTX_new(handle, nil)
    defer { EVP_PKEY_CTX_free(context) }
    precondition(EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1)
    if let digest { precondition(EVP_PKEY_CTX_set_signature_md(context, digest) == 1) }
    var length = 1024
    var signature = [UInt8](repeating: 0, count: length)
    precondition(EVP_PKEY_sign(context, &signature, &length, input, input.count) == 1)
    return Array(signature[..<length])
  }

  /// The whole key for OpenSSL's own functions.
  func withHandle<T>(_ body: (OpaquePointer) throws -> T) rethrows -> T { try body(handle) }
}

/// DigestInfo by our own encoder.
func digestInfo(_ algorithm: String, _ digest: [UInt8], parameters: [UInt8] = Encoder.null) -> [UInt8] {
  Encoder.sequence(Encoder.algorithm(algorithm, parameters: parameters), Encoder.octets(digest))
}

func sha1(_ bytes: [UInt8]) -> [UInt8] { hash(bytes, 20) { SHA1($0, $1, $2) } }
func sha256(_ bytes: [UInt8]) -> [UInt8] { hash(bytes, 32) { SHA256($0, $1, $2) } }
func sha384(_ bytes: [UInt8]) -> [UInt8] { hash(bytes, 48) { SHA384($0, $1, $2) } }
func sha512(_ bytes: [UInt8]) -> [UInt8] { hash(bytes, 64) { SHA512($0, $1, $2) } }

private func hash(
  _ bytes: [UInt8], _ length: Int, _ function: (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) -> UnsafeMutablePointer<UInt8>?
) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: length)
  _ = function(bytes, bytes.count, &digest)
  return digest
}
