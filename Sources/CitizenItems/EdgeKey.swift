internal import Crypto

/// The key under which broker and bank tag items at the edge: 32 bytes, per tenant and version. Prints as `<redacted>`.
public struct EdgeKey: Redacted, Equatable {
  /// 1, 2, … within the tenant.
  public let version: Int
  private let key: SymmetricKey
  private let prepared: PreparedHMAC
  /// What the text of a tag under this key begins with.
  let tagPrefix: [UInt8]

  /// Takes 32 bytes of key material.
  ///
  /// - Throws: `TagError.keyForm` for another length, or a version outside 1…2³¹−1.
  public init(version: Int, bytes: [UInt8]) throws(TagError) {
    guard bytes.count == 32, version >= 1, version <= Int(Int32.max) else { throw .keyForm }
    self.version = version
    key = SymmetricKey(data: bytes)
    prepared = PreparedHMAC(key: key)
    tagPrefix = Array("\(TagScheme.hmac.rawValue).\(version).\(CanonicalForm.ruleset).".utf8)
  }

  /// Whether version and key are equal.
  public static func == (left: EdgeKey, right: EdgeKey) -> Bool { left.version == right.version && left.key == right.key }

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
  func authenticationCode(for message: UnsafeRawBufferPointer) -> SHA256.Digest { prepared.code(of: message) }
}
