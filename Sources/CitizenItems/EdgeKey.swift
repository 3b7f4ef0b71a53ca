internal import Crypto

/// The key under which broker and bank tag items at the edge: 32 bytes, per tenant and version. Prints as `<redacted>`.
public struct EdgeKey: Redacted, Equatable {
  /// 1, 2, … within the tenant.
  public let version: Int
  private let key: SymmetricKey

  /// Takes 32 bytes of key material.
  ///
  /// - Throws: `TagError.keyForm` for another length, or a version outside 1…2³¹−1.
  public init(version: Int, bytes: [UInt8]) throws(TagError) {
    guard bytes.count == 32, version >= 1, version <= Int(Int32.max) else { throw .keyForm }
    self.version = version
    self.key = SymmetricKey(data: bytes)
  }

  /// A new random key.
  ///
  /// - Throws: `TagError.keyForm` for a version outside 1…2³¹−1.
  public static func generate(version: Int) throws(TagError) -> EdgeKey {
    try EdgeKey(version: version, bytes: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
  }

  /// The 32 bytes, for wrapping and handing over only.
  public var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

  /// What both sides compare to know that they hold the same key: base64url of the first 16 bytes of SHA-256(`yonjo-edge-key` ‖ key).
  public var fingerprint: String {
    let digest = SHA256.hash(data: Array("yonjo-edge-key".utf8) + bytes)
    return TagText.encode(Array(digest.prefix(16)))
  }

  /// HMAC-SHA-256 under this key.
  func authenticationCode(for message: [UInt8]) -> [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: message, using: key)) }
}
