internal import COpenSSLShims

/// A public key on P-384 that is ready to verify with (FIPS 186-5 §6.4.2), over SHA-384 alone.
///
/// Invariant behind `@unchecked Sendable`: the C value is complete when `init` returns, OpenSSL only reads it afterwards, each operation has its own
/// context, and it is freed when the last reference goes.
final class P384PublicKey: @unchecked Sendable {
  /// Bytes of r, and of s, at most.
  private static let numberBytes = 48

  private let handle: OpaquePointer

  /// Nil when these bytes are no uncompressed point of the curve.
  init?(point: ArraySlice<UInt8>) {
    guard let made = point.withUnsafeBufferPointer({ yonjo_p384_public_new($0.baseAddress, $0.count) }) else { return nil }
    handle = made
  }

  deinit { yonjo_p384_public_free(handle) }

  /// Whether `signature` is this key's over the content with this digest. Another content and another key cannot be told apart.
  func verify(_ signature: some Collection<UInt8>, digest: [UInt8]) throws(VerificationFailure) {
    let bytes = Array(signature)
    guard Self.isWellFormed(bytes) else { throw VerificationFailure(.ecdsaMalformed) }
    guard digest.count == DigestAlgorithm.sha384.length, yonjo_p384_public_verify(handle, bytes, bytes.count, digest) == 1 else {
      throw VerificationFailure(.ecdsaInvalid)
    }
  }

  /// Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 §2.2.3) in strict DER, both positive and not longer than the curve's order.
  private static func isWellFormed(_ bytes: [UInt8]) -> Bool {
    do throws(DERError) {
      var outer = DERReader(bytes)
      var numbers = try outer.element(DERTag.sequence).reader()
      try outer.finish()
      for _ in 0..<2 where try numbers.element(DERTag.integer).positiveInteger().count > numberBytes { return false }
      try numbers.finish()
      return true
    } catch {
      return false
    }
  }
}
