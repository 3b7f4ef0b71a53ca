internal import Crypto
internal import CryptoExtras
internal import Foundation

/// The broker's secret half of scheme `voprf`: RFC 9497, mode VOPRF, suite P384-SHA384. Prints as `<redacted>`.
///
/// Whoever holds it can make the tag of any items, and so guess what is behind a tag; whoever holds the public half alone can not.
public struct VOPRFKey: Redacted, Equatable {
  /// Length of the secret scalar in bytes (RFC 9497 §4.4, Ns).
  public static let length = 48

  /// 1, 2, … within the tenant.
  public let version: Int
  /// The secret scalar, for wrapping only.
  public let bytes: [UInt8]
  /// What the bank verifies evaluations by.
  public let publicKey: VOPRFPublicKey

  /// Takes a secret scalar, 48 bytes, big-endian.
  ///
  /// - Throws: `TagError.keyForm` for another length, a scalar out of range, or a version outside 1…2³¹−1.
  public init(version: Int, bytes: [UInt8]) throws(TagError) {
    guard bytes.count == Self.length, let key = try? P384._VOPRF.PrivateKey(rawRepresentation: bytes) else { throw .keyForm }
    self.version = version
    self.bytes = bytes
    publicKey = try VOPRFPublicKey(version: version, bytes: Array(key.publicKey.oprfRepresentation))
  }

  /// A new random key.
  ///
  /// - Throws: `TagError.keyForm` for a version outside 1…2³¹−1.
  public static func generate(version: Int) throws(TagError) -> VOPRFKey {
    try VOPRFKey(version: version, bytes: Array(P384._VOPRF.PrivateKey().rawRepresentation))
  }

  /// The tag of canonical items, without blinding: what the bank's finalised tag equals. Takes about a millisecond.
  ///
  /// - Throws: `TagError.keyForm` if the library refuses the key (it does not for one that was taken).
  public func tag(of canonical: [UInt8]) throws(TagError) -> EdgeTag {
    do {
      return try EdgeTag(
        scheme: .voprf, keyVersion: version, ruleset: CanonicalForm.ruleset,
        value: Array(try opened.evaluate(Data(EdgeTag.label + canonical))))
    } catch {
      throw .keyForm
    }
  }

  /// BlindEvaluate (RFC 9497 §3.3.2) of each element by itself: the evaluated element (49 bytes) and its proof (96). Takes some milliseconds each.
  ///
  /// - Throws: `TagError.malformed` if one of them is no element of the group; nothing is evaluated then.
  public func evaluate(_ blinded: [[UInt8]]) throws(TagError) -> [[UInt8]] {
    do {
      let key = try opened
      let elements = try blinded.map { try P384._VOPRF.BlindedElement(oprfRepresentation: $0) }
      return try elements.map { Array(try key.evaluate($0).rawRepresentation) }
    } catch {
      throw .malformed
    }
  }

  // The library's key is not Sendable: it is made for each use.
  private var opened: P384._VOPRF.PrivateKey {
    get throws { try P384._VOPRF.PrivateKey(rawRepresentation: bytes) }
  }
}

/// The public half of a ``VOPRFKey``: the bank blinds by it, and verifies that the broker evaluated under this key and no other.
public struct VOPRFPublicKey: Sendable, Hashable {
  /// Length in bytes: a compressed point (RFC 9497 §4.4, Ne).
  public static let length = 49
  /// Length of an answer to one blinded element: an element and its proof, two scalars.
  public static let evaluationLength = 49 + 2 * 48

  /// 1, 2, … within the tenant.
  public let version: Int
  /// The compressed point.
  public let bytes: [UInt8]

  /// Takes a compressed point of 49 bytes.
  ///
  /// - Throws: `TagError.keyForm` if it is no element of the group, or the version is outside 1…2³¹−1.
  public init(version: Int, bytes: [UInt8]) throws(TagError) {
    guard bytes.count == Self.length, version >= 1, version <= Int(Int32.max),
      (try? P384._VOPRF.PublicKey(compressedRepresentation: bytes)) != nil
    else { throw .keyForm }
    self.version = version
    self.bytes = bytes
  }

  /// Reads the text of ``text``.
  ///
  /// - Throws: `TagError.keyForm`.
  public init(version: Int, text: String) throws(TagError) {
    guard let bytes = TagText.decode(text) else { throw .keyForm }
    try self.init(version: version, bytes: bytes)
  }

  /// As `/v1/tag-keys` shows it: base64url.
  public var text: String { TagText.encode(bytes) }

  /// What both sides compare: base64url of the first 16 bytes of SHA-256(`yonjo-voprf-key` ‖ public key).
  public var fingerprint: String {
    let digest = SHA256.hash(data: Array("yonjo-voprf-key".utf8) + bytes)
    return TagText.encode(Array(digest.prefix(16)))
  }

  /// Blinds the canonical items of rows, each by fresh randomness. Takes about a millisecond each.
  ///
  /// - Throws: `TagError.keyForm` if the library refuses the key (it does not for one that was taken).
  public func blind(_ canonicals: [[UInt8]]) throws(TagError) -> BlindedBatch {
    do {
      let key = try P384._VOPRF.PublicKey(compressedRepresentation: bytes)
      return BlindedBatch(version: version, key: key, inputs: try canonicals.map { try key.blind(Data(EdgeTag.label + $0)) })
    } catch {
      throw .keyForm
    }
  }
}

/// Blinded items of some rows, with what is needed to open the answer; it stays where it was made. Nobody learns anything from its elements.
public struct BlindedBatch {
  private let version: Int
  private let key: P384._VOPRF.PublicKey
  private let inputs: [P384._VOPRF.BlindedInput]

  init(version: Int, key: P384._VOPRF.PublicKey, inputs: [P384._VOPRF.BlindedInput]) {
    self.version = version
    self.key = key
    self.inputs = inputs
  }

  /// What is sent: one element of 49 bytes a row.
  public var elements: [[UInt8]] { inputs.map { Array($0.blindedElement.oprfRepresentation) } }

  /// Verifies each proof, removes the blind, and makes the tag (RFC 9497 §3.3.2, Finalize). Takes some milliseconds a row.
  ///
  /// - Throws: `TagError.proofInvalid` if an answer was not made under this key, or for another element; no tag is made then.
  public func finalize(_ evaluations: [[UInt8]]) throws(TagError) -> [EdgeTag] {
    guard evaluations.count == inputs.count else { throw .proofInvalid }
    do {
      return try zip(inputs, evaluations).map { input, evaluation in
        let output = try key.finalize(input, using: P384._VOPRF.BlindEvaluation(rawRepresentation: evaluation))
        return try EdgeTag(scheme: .voprf, keyVersion: version, ruleset: CanonicalForm.ruleset, value: Array(output))
      }
    } catch {
      throw .proofInvalid
    }
  }
}

extension BlindedBatch: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Always `<redacted>`.
  public var description: String { "<redacted>" }
  /// Always `<redacted>`.
  public var debugDescription: String { "<redacted>" }
  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)](), displayStyle: .struct) }
}
