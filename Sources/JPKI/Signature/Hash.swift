internal import COpenSSL
internal import COpenSSLShims

/// Hashes by OpenSSL.
enum Hash {
  /// RFC 6960 names issuers by it; nothing is signed with it here.
  static func sha1(_ bytes: some Collection<UInt8>) -> [UInt8] { run(bytes, 20) { SHA1($0, $1, $2) } }
  static func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] { run(bytes, 32) { SHA256($0, $1, $2) } }
  static func sha384(_ bytes: some Collection<UInt8>) -> [UInt8] { run(bytes, 48) { SHA384($0, $1, $2) } }
  static func sha512(_ bytes: some Collection<UInt8>) -> [UInt8] { run(bytes, 64) { SHA512($0, $1, $2) } }

  private static func run(
    _ bytes: some Collection<UInt8>, _ length: Int,
    _ hash: (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) -> UnsafeMutablePointer<UInt8>?
  ) -> [UInt8] {
    func digest(_ input: UnsafeBufferPointer<UInt8>) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: length) { output, count in
        // A hash fails only without memory; an all-zero digest then matches nothing.
        if hash(input.baseAddress, input.count, output.baseAddress) == nil { output.initialize(repeating: 0) }
        count = length
      }
    }
    return bytes.withContiguousStorageIfAvailable(digest) ?? Array(bytes).withUnsafeBufferPointer(digest)
  }
}

/// A hash in pieces, for lists of revoked certificates.
struct RunningHash: ~Copyable {
  private let handle: OpaquePointer?
  private let length: Int

  init(_ algorithm: DigestAlgorithm = .sha256) {
    length = algorithm.length
    handle = yonjo_hash_new(Int32(length * 8))
  }

  deinit { yonjo_hash_free(handle) }

  /// Takes the next piece.
  func update(_ bytes: UnsafeBufferPointer<UInt8>) {
    if let handle { _ = yonjo_hash_update(handle, bytes.baseAddress, bytes.count) }
  }

  /// The digest of all pieces, to be asked for once; nil if OpenSSL failed.
  func digest() -> [UInt8]? {
    guard let handle else { return nil }
    var digest = [UInt8](repeating: 0, count: length)
    return yonjo_hash_final(handle, &digest) == 1 ? digest : nil
  }
}
