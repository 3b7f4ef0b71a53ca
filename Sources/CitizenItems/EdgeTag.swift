internal import Crypto

/// How an edge tag is made. The raw value is the spelling of the tag's text.
public enum TagScheme: String, Sendable, CaseIterable, Codable, Hashable {
  /// HMAC-SHA-256 under a key that broker and bank share; 32 bytes.
  case hmac
  /// RFC 9497, VOPRF mode, P384-SHA384; 48 bytes.
  case voprf

  /// Length of a tag's value in bytes.
  public var valueLength: Int {
    switch self {
    case .hmac: 32
    case .voprf: 48
    }
  }
}

/// A keyed digest of the canonical four items, written `scheme.keyVersion.ruleset.value`.
///
/// Whoever holds the key can guess what is behind a tag; whoever does not cannot. It prints as `<redacted>`, so that it reaches an answer only on purpose,
/// through `text`.
public struct EdgeTag: Redacted, Hashable {
  /// How it was made.
  public let scheme: TagScheme
  /// Version of the edge key, 1…2³¹−1.
  public let keyVersion: Int
  /// Ruleset of the canonical form, 1…65535.
  public let ruleset: Int
  /// The digest: 32 bytes for `hmac`, 48 for `voprf`.
  public let value: [UInt8]

  /// Joins the parts.
  ///
  /// - Throws: `TagError.malformed` if a number is out of range or the value has the wrong length.
  public init(scheme: TagScheme, keyVersion: Int, ruleset: Int, value: [UInt8]) throws(TagError) {
    guard keyVersion >= 1, keyVersion <= Int(Int32.max), ruleset >= 1, ruleset <= 0xFFFF, value.count == scheme.valueLength else {
      throw .malformed
    }
    self.init(checked: scheme, keyVersion, ruleset, value)
  }

  private init(checked scheme: TagScheme, _ keyVersion: Int, _ ruleset: Int, _ value: [UInt8]) {
    self.scheme = scheme
    self.keyVersion = keyVersion
    self.ruleset = ruleset
    self.value = value
  }

  /// Reads `scheme.keyVersion.ruleset.value`. Numbers have no leading zeros, the value is strict base64url: a tag has one spelling.
  ///
  /// - Throws: `TagError.malformed`.
  public init(parsing text: String) throws(TagError) {
    var text = text
    guard let tag = text.withUTF8({ EdgeTag(utf8: $0) }) else { throw .malformed }
    self = tag
  }

  /// The same from bytes; nil where they are no tag.
  private init?(utf8 text: UnsafeBufferPointer<UInt8>) {
    let tag = withUnsafeTemporaryAllocation(byteCount: Self.maximumBytes, alignment: 1) { bytes in
      Self.decode(text, into: bytes).flatMap { EdgeTag(decoded: UnsafeRawBufferPointer(rebasing: bytes[..<$0])) }
    }
    guard let tag else { return nil }
    self = tag
  }

  /// The most bytes that ``decode(_:into:)`` writes.
  public static let maximumBytes = headerLength + 48

  /// Reads a tag's text into bytes, without keeping anything else: for the millions of lines of a ledger.
  ///
  /// - Parameter bytes: ``maximumBytes`` at least. Scheme (1 or 2), key version and ruleset, big-endian, and the value are written there.
  /// - Returns: how many bytes; nil where the text is no tag.
  public static func decode(_ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableRawBufferPointer) -> Int? {
    guard text.count <= 128 else { return nil }
    var dots: (Int, Int, Int) = (-1, -1, -1)
    var found = 0
    for index in text.indices where text[index] == 0x2E {
      switch found {
      case 0: dots.0 = index
      case 1: dots.1 = index
      case 2: dots.2 = index
      default: return nil
      }
      found += 1
    }
    guard found == 3, let scheme = scheme(text[..<dots.0]),
      let keyVersion = number(text[(dots.0 + 1)..<dots.1]), keyVersion <= Int(Int32.max),
      let ruleset = number(text[(dots.1 + 1)..<dots.2]), ruleset <= 0xFFFF
    else { return nil }
    let length = headerLength + scheme.valueLength
    writeHeader(scheme, keyVersion, ruleset, to: bytes)
    let value = UnsafeMutableRawBufferPointer(rebasing: bytes[headerLength..<length])
    return TagText.decode(UnsafeBufferPointer(rebasing: text[(dots.2 + 1)...]), into: value) ? length : nil
  }

  /// From what ``decode(_:into:)`` wrote; nil where it is no tag.
  public init?(decoded bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first, bytes.count == Self.length(scheme: first) else { return nil }
    let keyVersion = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
    let ruleset = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 5, as: UInt16.self)))
    try? self.init(scheme: first == 1 ? .hmac : .voprf, keyVersion: keyVersion, ruleset: ruleset, value: Array(bytes[Self.headerLength...]))
  }

  /// How many bytes ``decode(_:into:)`` writes, by the first of them; nil where that names no scheme.
  public static func length(scheme: UInt8) -> Int? {
    switch scheme {
    case 1: headerLength + TagScheme.hmac.valueLength
    case 2: headerLength + TagScheme.voprf.valueLength
    default: nil
    }
  }

  private static func scheme(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> TagScheme? {
    if text.elementsEqual("hmac".utf8) { return .hmac }
    return text.elementsEqual("voprf".utf8) ? .voprf : nil
  }

  /// What stands before the value wherever a tag is bytes under a pepper: scheme (1 or 2), key version and ruleset, big-endian.
  static let headerLength = 7

  /// The tag as ``decode(_:into:)`` writes it.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeTemporaryAllocation(byteCount: Self.headerLength + value.count, alignment: 1) { bytes in
      Self.writeHeader(scheme, keyVersion, ruleset, to: bytes)
      UnsafeMutableRawBufferPointer(rebasing: bytes[Self.headerLength...]).copyBytes(from: value)
      return body(UnsafeRawBufferPointer(bytes))
    }
  }

  private static func writeHeader(_ scheme: TagScheme, _ keyVersion: Int, _ ruleset: Int, to bytes: UnsafeMutableRawBufferPointer) {
    bytes[0] = scheme == .hmac ? 1 : 2
    bytes.storeBytes(of: UInt32(keyVersion).bigEndian, toByteOffset: 1, as: UInt32.self)
    bytes.storeBytes(of: UInt16(ruleset).bigEndian, toByteOffset: 5, as: UInt16.self)
  }

  /// The tag as it is written in requests, answers and files.
  public var text: String { "\(scheme.rawValue).\(keyVersion).\(ruleset).\(TagText.encode(value))" }

  /// `e = HMAC-SHA-256(K, "yonjo-tag" ‖ ruleset ‖ c)`, the ruleset as four big-endian bytes.
  public static func hmac(_ canonical: [UInt8], key: EdgeKey) -> EdgeTag {
    (label + canonical).withUnsafeBytes {
      EdgeTag(checked: .hmac, key.version, CanonicalForm.ruleset, Array(key.authenticationCode(for: $0)))
    }
  }

  /// What stands before the canonical bytes where a tag is made: `yonjo-tag` and the ruleset.
  public static let label: [UInt8] = {
    var label = Array("yonjo-tag".utf8)
    withUnsafeBytes(of: UInt32(CanonicalForm.ruleset).bigEndian) { label.append(contentsOf: $0) }
    return label
  }()

  /// Appends the `text` of the tag of labelled canonical bytes, as `hmac(_:key:)` makes it. For the millions of rows of a ledger.
  ///
  /// - Parameter labelled: `label` and the canonical bytes of the row.
  public static func appendText(ofLabelled labelled: UnsafeRawBufferPointer, key: EdgeKey, to out: inout [UInt8]) {
    out.append(contentsOf: key.tagPrefix)
    key.authenticationCode(for: labelled).withUnsafeBytes { TagText.append($0, to: &out) }
  }

  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard let first = digits.first, first >= 0x31, digits.count <= 10, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}
