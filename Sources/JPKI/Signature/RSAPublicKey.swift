internal import COpenSSLShims

/// An RSA public key that is ready to verify with.
///
/// Invariant behind `@unchecked Sendable`: the C value is complete when `init` returns, is only read afterwards (modulus, exponent and Montgomery
/// constants), each operation has its own scratch space, and it is freed when the last reference goes.
final class RSAPublicKey: @unchecked Sendable {
  private let handle: OpaquePointer
  /// Bytes of the modulus.
  let size: Int

  /// Nil when modulus and exponent make no key.
  init?(modulus: ArraySlice<UInt8>, exponent: ArraySlice<UInt8>) {
    let made = modulus.withUnsafeBufferPointer { n in
      exponent.withUnsafeBufferPointer { e in yonjo_rsa_public_new(n.baseAddress, n.count, e.baseAddress, e.count) }
    }
    guard let made else { return nil }
    handle = made
    size = yonjo_rsa_public_size(made)
  }

  deinit { yonjo_rsa_public_free(handle) }

  /// The block that was signed, as long as the modulus (RFC 8017 §5.2.2). A number beyond the modulus is what another
  /// card's longer one gives now and then: it has no reason of its own.
  func recover(_ signature: some Collection<UInt8>) throws(VerificationFailure) -> [UInt8] {
    // RFC 8017 §8.2.2 step 1: the signature is exactly k octets.
    guard signature.count == size else { throw VerificationFailure(.signatureLength) }
    var outcome: Int32 = -1
    let input = Array(signature)
    let block = [UInt8](unsafeUninitializedCapacity: size) { output, count in
      outcome = yonjo_rsa_public_apply(handle, input, input.count, output.baseAddress)
      if outcome != 1 { output.initialize(repeating: 0) }
      count = size
    }
    guard outcome == 1 else { throw VerificationFailure(.signatureNotByThisKey) }
    return block
  }
}
