public import CitizenItems
internal import Crypto
internal import Foundation
internal import JOSE

/// The key outside the database that wraps all others (law 10). Prints as `<redacted>`.
///
/// The file has one line a version, `version:base64url of 32 bytes`, the highest version last; mode 0600.
public struct RootKey: Sendable, Redacted {
  /// Why a root key file was not taken.
  public enum LoadError: Error, Sendable, CustomStringConvertible {
    case unreadable(path: String)
    case modeTooOpen(path: String)
    case malformed(path: String, line: Int)

    /// A sentence with what to do; never the key.
    public var description: String {
      switch self {
      case .unreadable(let path):
        "The root key file \(path) cannot be read. Set YONJO_ROOT_KEY_FILE, or make one with `yonjo keys root --out FILE`."
      case .modeTooOpen(let path): "The root key file \(path) is open to others. Run chmod 600 on it."
      case .malformed(let path, let line): "Line \(line) of the root key file \(path) is not `version:key` with 32 bytes in base64url."
      }
    }
  }

  private let keys: [Int: SymmetricKey]
  private let current: Int

  /// Reads a root key file.
  public init(file path: String) throws(LoadError) {
    guard let data = FileManager.default.contents(atPath: path), data.count < 16_384 else { throw .unreadable(path: path) }
    let mode = (try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
    guard mode & 0o077 == 0 else { throw .modeTooOpen(path: path) }
    var keys: [Int: SymmetricKey] = [:]
    for (index, line) in String(decoding: data, as: UTF8.self).split(separator: "\n").enumerated() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, let version = Int(parts[0]), version > 0, let bytes = Base64URL.decode(String(parts[1])), bytes.count == 32,
        keys[version] == nil
      else { throw .malformed(path: path, line: index + 1) }
      keys[version] = SymmetricKey(data: bytes)
    }
    guard let newest = keys.keys.max() else { throw .malformed(path: path, line: 1) }
    self.keys = keys
    current = newest
  }

  /// A fresh root key of version 1, for development and tests.
  public static func generate() -> RootKey { RootKey(keys: [1: SymmetricKey(size: .bits256)], current: 1) }

  private init(keys: [Int: SymmetricKey], current: Int) {
    self.keys = keys
    self.current = current
  }

  /// The text of a key file with this key, for `yonjo keys root`.
  public var fileText: String {
    keys.sorted { $0.key < $1.key }.map { version, key in "\(version):\(Base64URL.encode(key.withUnsafeBytes { Array($0) }))\n" }.joined()
  }

  func wrap(_ key: [UInt8], context: String) throws(KeyError) -> [UInt8] {
    guard let root = keys[current] else { throw .unknownVersion }
    return try SealedValue.seal(key, with: root, version: current, authenticating: "yonjo-wrap/1/" + context)
  }

  func unwrap(_ wrapped: [UInt8], context: String) throws(KeyError) -> [UInt8] {
    try SealedValue.open(wrapped, authenticating: "yonjo-wrap/1/" + context) { keys[$0] }
  }
}

/// Why a key could not be used. Names no key.
public enum KeyError: Error, Sendable {
  /// The value names a key version that is not there.
  case unknownVersion
  /// The value does not open: another key, another place, or damaged.
  case damaged
}

/// A sealed value: format (1), key version (big-endian, 4 bytes), nonce (12), ciphertext, tag (16). AES-256-GCM; the AAD is the place it belongs to.
enum SealedValue {
  private static let format: UInt8 = 1

  static func seal(_ plain: [UInt8], with key: SymmetricKey, version: Int, authenticating place: String) throws(KeyError) -> [UInt8] {
    do {
      let box = try AES.GCM.seal(plain, using: key, authenticating: Array(place.utf8))
      guard let combined = box.combined else { throw KeyError.damaged }
      let number = UInt32(version)
      return [
        format, UInt8(truncatingIfNeeded: number >> 24), UInt8(truncatingIfNeeded: number >> 16), UInt8(truncatingIfNeeded: number >> 8),
        UInt8(truncatingIfNeeded: number),
      ] + combined
    } catch {
      throw .damaged
    }
  }

  static func open(_ sealed: [UInt8], authenticating place: String, key: (Int) -> SymmetricKey?) throws(KeyError) -> [UInt8] {
    guard sealed.count >= 5 + 28, sealed[0] == format else { throw .damaged }
    let version = sealed[1..<5].reduce(0) { $0 << 8 | Int($1) }
    guard let key = key(version) else { throw .unknownVersion }
    do {
      return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: sealed[5...]), using: key, authenticating: Array(place.utf8)))
    } catch {
      throw .damaged
    }
  }
}
