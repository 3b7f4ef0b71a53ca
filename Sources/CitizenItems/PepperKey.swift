internal import Crypto
internal import CryptoExtras
public import Foundation

/// What an edge tag is looked up by: the first 128 bits of HMAC-SHA-256 under a key that only a pepper gives. Without the pepper it says nothing but which
/// tags are equal. In the shape of a UUID because PostgreSQL keeps and compares those in sixteen bytes, without a length.
public struct TagDigest: Redacted, Hashable {
  /// What stands in the column.
  public let value: UUID
}

/// An edge tag as the database holds it: format, pepper version, ciphertext, authentication tag. Equal edge tags under one pepper have equal bytes;
/// without the pepper the bytes say nothing.
public struct StoredTag: Redacted, Hashable {
  /// What stands in the column.
  public let bytes: [UInt8]

  /// Takes bytes read from the column; they are checked when opened.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Version of the pepper that sealed it; nil if the bytes are no stored tag.
  public var pepperVersion: Int? {
    guard bytes.count > StoredTag.headerLength, bytes[0] == StoredTag.format else { return nil }
    return bytes[1..<5].reduce(0) { $0 << 8 | Int($1) }
  }

  static let format: UInt8 = 1
  static let headerLength = 5
}

/// The key that the broker puts over edge tags before it stores them: 32 bytes, per tenant and version. Prints as `<redacted>`.
///
/// AES-256-GCM-SIV (RFC 8452) with a nonce of zeros: deterministic, so that a tag is stored once, and misuse-resistant, so that determinism is all it
/// gives away. Reversible, so that the pepper rotates without the bank. What is looked for is not sealed but digested, which takes a fraction of the time.
public struct PepperKey: Redacted, Equatable {
  /// 1, 2, … within the tenant.
  public let version: Int
  private let key: SymmetricKey
  /// What every tag that this pepper sealed begins with; greater, byte by byte, than that of any earlier version.
  public let prefix: [UInt8]
  private let additionalData: [UInt8]
  /// Under the digests' own key.
  private let prepared: PreparedHMAC

  private static let nonce = try? AES.GCM._SIV.Nonce(data: [UInt8](repeating: 0, count: 12))

  /// Takes 32 bytes of key material.
  ///
  /// - Throws: `TagError.keyForm` for another length, or a version outside 1…2³¹−1.
  public init(version: Int, bytes: [UInt8]) throws(TagError) {
    guard bytes.count == 32, version >= 1, version <= Int(Int32.max) else { throw .keyForm }
    self.version = version
    self.key = SymmetricKey(data: bytes)
    let label = Array("yonjo-tag-digest/1".utf8)
    prepared = PreparedHMAC(key: HKDF<SHA256>.expand(pseudoRandomKey: key, info: label, outputByteCount: 32))
    var header: [UInt8] = [StoredTag.format]
    withUnsafeBytes(of: UInt32(version).bigEndian) { header.append(contentsOf: $0) }
    prefix = header
    additionalData = Array("yonjo-stored-tag/1".utf8) + header
  }

  /// A new random key.
  ///
  /// - Throws: `TagError.keyForm` for a version outside 1…2³¹−1.
  public static func generate(version: Int) throws(TagError) -> PepperKey {
    try PepperKey(version: version, bytes: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
  }

  /// The 32 bytes, for wrapping only.
  public var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

  /// Whether version and key are equal.
  public static func == (left: PepperKey, right: PepperKey) -> Bool { left.version == right.version && left.key == right.key }

  /// What a tag is looked up by. The same tag and key always give the same digest.
  public func digest(_ tag: EdgeTag) -> TagDigest { tag.withBytes(digest) }

  /// The same of a tag's bytes, as ``EdgeTag/decode(_:into:)`` writes them.
  public func digest(_ bytes: UnsafeRawBufferPointer) -> TagDigest {
    prepared.code(of: bytes).withUnsafeBytes { TagDigest(value: UUID(uuid: $0.loadUnaligned(as: uuid_t.self))) }
  }

  /// Seals a tag. The same tag and key always give the same bytes.
  ///
  /// - Throws: `TagError.keyForm` if the cipher refuses the key (it does not for 32 bytes).
  public func seal(_ tag: EdgeTag) throws(TagError) -> StoredTag {
    let plaintext = tag.withBytes { Array($0) }
    do {
      guard let nonce = Self.nonce else { throw TagError.keyForm }
      let combined = try AES.GCM._SIV.seal(plaintext, using: key, nonce: nonce, authenticating: additionalData).combined
      return StoredTag(
        bytes: combined.withUnsafeBytes { sealed in
          [UInt8](unsafeUninitializedCapacity: prefix.count + sealed.count - 12) { bytes, count in
            // The box begins with the nonce, which is always the same.
            _ = bytes.initialize(from: prefix)
            UnsafeMutableRawBufferPointer(bytes)[prefix.count...].copyBytes(from: sealed[12...])
            count = bytes.count
          }
        })
    } catch {
      throw .keyForm
    }
  }

  /// Opens a stored tag.
  ///
  /// - Throws: `TagError.notOpened` if another key sealed it or a bit was changed.
  public func open(_ stored: StoredTag) throws(TagError) -> EdgeTag {
    guard stored.pepperVersion == version, stored.bytes.count > StoredTag.headerLength + 16 else { throw .notOpened }
    let body = stored.bytes.dropFirst(StoredTag.headerLength)
    let plaintext: [UInt8]
    do {
      guard let nonce = Self.nonce else { throw TagError.notOpened }
      let box = try AES.GCM._SIV.SealedBox(nonce: nonce, ciphertext: body.dropLast(16), tag: body.suffix(16))
      plaintext = Array(try AES.GCM._SIV.open(box, using: key, authenticating: additionalData))
    } catch {
      throw .notOpened
    }
    guard let tag = plaintext.withUnsafeBytes({ EdgeTag(decoded: $0) }) else { throw .notOpened }
    return tag
  }
}
