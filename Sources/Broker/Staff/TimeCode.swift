internal import Crypto
internal import Foundation

/// Time-based one-time codes (RFC 6238): six digits of HMAC-SHA-1, steps of 30 seconds, as every authenticator app makes them.
enum TimeCode {
  /// Seconds of a step (RFC 6238 §5.2).
  static let stepSeconds = 30
  /// Bytes of a secret (RFC 4226 §4, R6).
  static let secretBytes = 20

  static func step(at time: Date) -> Int64 { Int64((time.timeIntervalSince1970 / Double(stepSeconds)).rounded(.down)) }

  /// The code of one step (RFC 4226 §5.3).
  static func code(_ secret: [UInt8], step: Int64) -> String {
    let message = withUnsafeBytes(of: step.bigEndian) { Array($0) }
    let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
    let offset = Int(mac[mac.count - 1] & 0x0f)
    let number = mac[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
    let digits = String(number % 1_000_000)
    return String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// The step whose code this is: the present one, or one to either side for clocks that differ (RFC 6238 §5.2). Nil where it is none of theirs, or not
  /// newer than the last one taken.
  static func step(of code: String, _ secret: [UInt8], at time: Date, after last: Int64) -> Int64? {
    let typed = Array(code.utf8.filter { (0x30...0x39).contains($0) })
    let now = step(at: time)
    var found: Int64?
    for step in (now - 1)...(now + 1) where ConstantTime.equal(typed, Array(self.code(secret, step: step).utf8)) { found = step }
    guard let found, found > last else { return nil }
    return found
  }

  /// RFC 4648 §6 without padding.
  static func base32(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    var text = ""
    var buffer: UInt32 = 0
    var bits = 0
    for byte in bytes {
      buffer = buffer << 8 | UInt32(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
      }
    }
    if bits > 0 { text.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
    return text
  }
}
