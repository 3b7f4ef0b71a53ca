internal import Crypto
internal import CryptoExtras
internal import Foundation

/// Passwords as they are kept: scrypt (RFC 7914) with a salt of their own. One takes some 50 ms and 32 MiB: on the work pool only.
enum PasswordHash {
  /// How long a password is, in characters; NIST SP 800-63B asks for length, not for kinds of characters.
  static let length = 12...128
  private static let logRounds: UInt8 = 15
  private static let saltBytes = 16
  private static let hashBytes = 32

  /// Format 1: `1 ‖ log2(N) ‖ salt ‖ hash`.
  static func make(_ password: String) throws -> [UInt8] {
    let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
    return [1, logRounds] + salt + (try derive(password, salt, logRounds))
  }

  /// Whether the password is the one of that hash, in constant time. Without a hash it takes as long, and is not.
  static func verify(_ password: String, against kept: [UInt8]?) throws -> Bool {
    guard let kept, kept.count == 2 + saltBytes + hashBytes, kept[0] == 1, (14...20).contains(kept[1]) else {
      _ = try derive(password, [UInt8](repeating: 0, count: saltBytes), logRounds)
      return false
    }
    let hash = try derive(password, Array(kept[2..<(2 + saltBytes)]), kept[1])
    return ConstantTime.equal(hash, Array(kept[(2 + saltBytes)...]))
  }

  /// The same text typed on two keyboards may be other code points: NFKC first (SP 800-63B §5.1.1.2).
  private static func derive(_ password: String, _ salt: [UInt8], _ logRounds: UInt8) throws -> [UInt8] {
    let text = Array(password.precomposedStringWithCompatibilityMapping.utf8)
    let key = try KDF.Scrypt.deriveKey(
      from: text, salt: salt, outputByteCount: hashBytes, rounds: 1 << Int(logRounds), blockSize: 8, parallelism: 1)
    return key.withUnsafeBytes { Array($0) }
  }
}

/// Comparison that takes the same time wherever two values differ.
public enum ConstantTime {
  /// Whether both are the same; of different lengths they never are.
  public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
  }
}
