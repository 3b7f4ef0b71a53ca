import COpenSSL

/// What certificates and messages of the tests are signed with.
protocol TestSigner: Sendable {
  /// DER of SubjectPublicKeyInfo.
  var publicKeyInfo: [UInt8] { get }
  /// SHA-1 of the key bits.
  var identifier: [UInt8] { get }
  /// The key's usual signature over a message.
  func sign(_ message: [UInt8]) -> [UInt8]
}

extension TestKey: TestSigner {}

/// An elliptic key of the tests, made by OpenSSL once per run.
///
/// Invariant behind `@unchecked Sendable`: the key is complete when `init` returns and only read afterwards; each signature has its own context.
final class EllipticTestKey: TestSigner, @unchecked Sendable {
  static let p384 = "1.3.132.0.34"
  static let p256 = "1.2.840.10045.3.1.7"

  private let handle: OpaquePointer
  /// The uncompressed point.
  let point: [UInt8]
  let publicKeyInfo: [UInt8]
  let identifier: [UInt8]

  init(_ curve: String = p384) {
    let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    precondition(
      EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set_group_name(context, curve == Self.p384 ? "P-384" : "P-256") == 1
        && EVP_PKEY_generate(context, &key) == 1)
    handle = key!
    var bytes = [UInt8](repeating: 0, count: 200)
    var length = 0
    precondition(EVP_PKEY_get_octet_string_param(handle, "pub", &bytes, bytes.count, &length) == 1)
    point = Array(bytes[..<length])
    publicKeyInfo = Self.info(curve, point)
    identifier = sha1(point)
  }

  deinit { EVP_PKEY_free(handle) }

  static func info(_ curve: String, _ point: [UInt8]) -> [UInt8] {
    Encoder.sequence(Encoder.sequence(Encoder.oid("1.2.840.10045.2.1"), Encoder.oid(curve)), Encoder.bits(point))
  }

  /// ecdsa-with-SHA384 over a message.
  func sign(_ message: [UInt8]) -> [UInt8] { sign(digest: sha384(message)) }

  /// ECDSA over this digest, whatever it is.
  func sign(digest: [UInt8]) -> [UInt8] {
    let context = EVP_PKEY_CTX_new(handle, nil)
    defer { EVP_PKEY_CTX_free(context) }
    var length = 200
    var signature = [UInt8](repeating: 0, count: length)
    precondition(EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_sign(context, &signature, &length, digest, digest.count) == 1)
    return Array(signature[..<length])
  }
}
