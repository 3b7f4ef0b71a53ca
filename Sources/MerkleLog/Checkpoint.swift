public import Crypto
internal import Foundation

/// What a log commits to at one moment, as C2SP tlog-checkpoint writes it: the log's name, its size, its root.
public struct Checkpoint: Sendable, Equatable {
  /// The log's name; one for each tenant and month. No line breaks.
  public let origin: String
  /// How many entries there are.
  public let size: UInt64
  /// The root over all of them.
  public let root: LogHash
  /// Further lines, such as the time; each without a line break and not empty.
  public let extensions: [String]

  /// Names all of it.
  public init(origin: String, size: UInt64, root: LogHash, extensions: [String] = []) {
    self.origin = origin
    self.size = size
    self.root = root
    self.extensions = extensions
  }

  /// The note's text, which is what is signed.
  public var text: String {
    ([origin, String(size), Data(root.bytes).base64EncodedString()] + extensions).map { $0 + "\n" }.joined()
  }

  /// Reads a note's text; nil where it is no checkpoint.
  public init?(text: String) {
    guard text.utf8.count <= SignedNote.maximumBytes, text.hasSuffix("\n") else { return nil }
    let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count >= 3, !lines.contains(""), let size = UInt64(lines[1]), String(size) == lines[1],
      let bytes = Data(base64Encoded: lines[2]), let root = LogHash(bytes)
    else { return nil }
    self.init(origin: lines[0], size: size, root: root, extensions: Array(lines[3...]))
  }
}

/// Why a signed note is not believed.
public enum SignedNoteError: Error, Sendable, Equatable {
  /// Not of the form of C2SP signed-note, or too long.
  case malformed
  /// No signature by this key is on it.
  case notSignedByKey
  /// A signature that claims to be by this key does not hold.
  case signatureInvalid
}

/// A text and Ed25519 signatures over it (C2SP signed-note).
public struct SignedNote: Sendable, Equatable {
  /// The longest note that is read, in bytes.
  public static let maximumBytes = 65_536
  /// The most signatures of a note.
  public static let maximumSignatures = 16

  /// A signature line: who claims to have signed, and the bytes.
  struct Signature: Sendable, Equatable {
    let name: String
    let keyID: [UInt8]
    let bytes: [UInt8]
  }

  /// What was signed; ends in a line break.
  public let text: String
  private let signatures: [Signature]

  /// Signs a text that ends in a line break.
  ///
  /// - Parameter name: the key's name: no spaces, no plus sign, not empty.
  public init(signing text: String, name: String, key: Curve25519.Signing.PrivateKey) throws {
    self.text = text
    let id = Self.keyID(name, key.publicKey)
    signatures = [Signature(name: name, keyID: id, bytes: Array(try key.signature(for: Data(text.utf8))))]
  }

  /// Reads a note. Nothing is verified yet.
  public init(parsing note: String) throws(SignedNoteError) {
    guard note.utf8.count <= Self.maximumBytes, let cut = note.range(of: "\n\n", options: .backwards) else { throw .malformed }
    text = String(note[..<note.index(after: cut.lowerBound)])
    let rest = note[cut.upperBound...]
    guard rest.hasSuffix("\n") else { throw .malformed }
    let lines = rest.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
    guard (1...Self.maximumSignatures).contains(lines.count) else { throw .malformed }
    var found: [Signature] = []
    for line in lines {
      let parts = line.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0] == "—", !parts[1].isEmpty, let data = Data(base64Encoded: String(parts[2])), data.count > 4 else {
        throw .malformed
      }
      found.append(Signature(name: String(parts[1]), keyID: Array(data.prefix(4)), bytes: Array(data.dropFirst(4))))
    }
    signatures = found
  }

  /// The note with its signatures, as it is handed over.
  public var serialized: String {
    text + "\n" + signatures.map { "— \($0.name) \(Data($0.keyID + $0.bytes).base64EncodedString())\n" }.joined()
  }

  /// Believes the text if this key signed it under this name; signatures by others are passed over.
  public func verify(name: String, key: Curve25519.Signing.PublicKey) throws(SignedNoteError) {
    let id = Self.keyID(name, key)
    guard let signature = signatures.first(where: { $0.name == name && $0.keyID == id }) else { throw .notSignedByKey }
    guard key.isValidSignature(Data(signature.bytes), for: Data(text.utf8)) else { throw .signatureInvalid }
  }

  /// The verifier key as text: `name+keyID+base64(type ‖ key)`.
  public static func verifierKey(name: String, key: Curve25519.Signing.PublicKey) -> String {
    let id = keyID(name, key).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return "\(name)+\(id)+\((Data([ed25519]) + key.rawRepresentation).base64EncodedString())"
  }

  private static let ed25519: UInt8 = 1

  private static func keyID(_ name: String, _ key: Curve25519.Signing.PublicKey) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: Array(name.utf8) + [0x0A, ed25519])
    hash.update(data: key.rawRepresentation)
    return Array(hash.finalize().prefix(4))
  }
}
