internal import COpenSSL

/// A certificate as OpenSSL reads it, freed with this object.
final class OpenSSLCertificate {
  let pointer: OpaquePointer

  /// Nil unless the bytes are one certificate and nothing more.
  init?(_ der: [UInt8]) {
    guard let read = decoded(der, d2i_X509) else { return nil }
    guard read.isWhole else {
      X509_free(read.pointer)
      return nil
    }
    pointer = read.pointer
  }

  deinit { X509_free(pointer) }
}

/// A revocation list as OpenSSL reads it, freed with this object.
final class OpenSSLRevocationList {
  let pointer: OpaquePointer

  /// Nil unless the bytes are one list and nothing more.
  init?(_ der: [UInt8]) {
    guard let read = decoded(der, d2i_X509_CRL) else { return nil }
    guard read.isWhole else {
      X509_CRL_free(read.pointer)
      return nil
    }
    pointer = read.pointer
  }

  deinit { X509_CRL_free(pointer) }
}

/// A STACK_OF something that others own.
final class OpenSSLStack {
  let pointer: OpaquePointer

  init?(_ elements: [OpaquePointer]) {
    guard let stack = OPENSSL_sk_new_null() else { return nil }
    pointer = stack
    for element in elements where OPENSSL_sk_push(stack, UnsafeRawPointer(element)) == 0 { return nil }
  }

  deinit { OPENSSL_sk_free(pointer) }
}

private func decoded(
  _ der: [UInt8],
  _ read: (UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, Int) -> OpaquePointer?
) -> (pointer: OpaquePointer, isWhole: Bool)? {
  der.withUnsafeBufferPointer { buffer in
    var cursor = buffer.baseAddress
    guard let pointer = read(nil, &cursor, buffer.count) else { return nil }
    return (pointer, cursor == buffer.baseAddress.map { $0 + buffer.count })
  }
}
