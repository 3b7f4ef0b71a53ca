import Synchronization

/// The name of one request: the trace id of the caller's `traceparent` (W3C Trace Context), or 32 random hexadecimal digits.
enum RequestID {
  /// Version 00 takes exactly four fields; the trace id is 32 lower-case hexadecimal digits, not all of them zero.
  static func from(traceparent: String?) -> String {
    if let traceparent, let id = traceID(traceparent) { return id }
    return hexadecimal(processPart) + hexadecimal(mixed(counter.add(1, ordering: .relaxed).newValue))
  }

  /// Random once a process; then a counter, scrambled: ids need to differ, not to be secret, and a system call for each would cost more than they do.
  private static let processPart = UInt64.random(in: .min ... .max)
  private static let counter = Atomic<UInt64>(UInt64.random(in: .min ... .max))

  /// The finaliser of SplitMix64: a bijection, so different counts give different ids.
  private static func mixed(_ count: UInt64) -> UInt64 {
    var value = count &* 0x9e37_79b9_7f4a_7c15
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }

  private static func traceID(_ header: String) -> String? {
    let bytes = Array(header.utf8)
    guard bytes.count >= 55, bytes.count == 55 || bytes[55] == UInt8(ascii: "-"), bytes.count <= 256 else { return nil }
    guard bytes[2] == UInt8(ascii: "-"), bytes[35] == UInt8(ascii: "-"), bytes[52] == UInt8(ascii: "-") else { return nil }
    let isHexadecimal = [0..<2, 3..<35, 36..<52, 53..<55].allSatisfy { range in bytes[range].allSatisfy(isDigit) }
    guard isHexadecimal, !(bytes[0] == UInt8(ascii: "f") && bytes[1] == UInt8(ascii: "f")) else { return nil }
    let trace = bytes[3..<35]
    guard trace.contains(where: { $0 != UInt8(ascii: "0") }) else { return nil }
    return String(decoding: trace, as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    String(unsafeUninitializedCapacity: 16) { buffer in
      for index in 0..<16 {
        let digit = UInt8(value >> UInt64(60 - 4 * index) & 15)
        buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      }
      return 16
    }
  }
}
