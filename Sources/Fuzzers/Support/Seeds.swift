import Foundation

/// Valid inputs to begin with, made in code and written where `YONJO_FUZZ_SEEDS` says; libFuzzer calls this once, before the first input.
public enum Seeds {
  /// Writes one file for each seed, named by its number, if a directory is named.
  public static func write(_ seeds: [[UInt8]]) {
    guard let directory = ProcessInfo.processInfo.environment["YONJO_FUZZ_SEEDS"] else { return }
    for (number, seed) in seeds.enumerated() {
      let written = FileManager.default.createFile(atPath: "\(directory)/seed-\(number)", contents: Data(seed))
      precondition(written, "a seed cannot be written into \(directory)")
    }
  }
}

/// The bytes of an input.
public func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
  Array(UnsafeBufferPointer(start: start, count: count))
}

/// Just enough DER to write seeds with.
public enum Write {
  /// One element around its parts.
  public static func element(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
    let content = parts.flatMap { $0 }
    switch content.count {
    case 0..<128: return [tag, UInt8(content.count)] + content
    case 128..<256: return [tag, 0x81, UInt8(content.count)] + content
    default: return [tag, 0x82, UInt8(content.count >> 8 & 255), UInt8(content.count & 255)] + content
    }
  }

  /// SEQUENCE.
  public static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }
  /// OCTET STRING.
  public static func octets(_ content: [UInt8]) -> [UInt8] { element(0x04, content) }
  /// UTF8String.
  public static func utf8(_ text: String) -> [UInt8] { element(0x0C, Array(text.utf8)) }
  /// GeneralizedTime.
  public static func time(_ text: String) -> [UInt8] { element(0x18, Array(text.utf8)) }
  /// NULL.
  public static let null: [UInt8] = [0x05, 0]
  /// sha256WithRSAEncryption.
  public static let algorithm = sequence([0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11], null)
  /// SHA-256.
  public static let digest = sequence([0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1], null)
  /// A BIT STRING of a signature's length: nobody checks it here.
  public static let signature = element(0x03, [0] + [UInt8](repeating: 0x5A, count: 256))
  /// `C=JP, O=JPKI-SIM`.
  public static let name = sequence(
    element(0x31, sequence([0x06, 3, 0x55, 4, 6], [0x13, 2, 0x4A, 0x50])),
    element(0x31, sequence([0x06, 3, 0x55, 4, 10], utf8("JPKI-SIM"))))

  /// An extension under `2.5.29`.
  public static func standardExtension(_ arc: UInt8, isCritical: Bool = false, _ value: [UInt8]) -> [UInt8] {
    sequence([0x06, 3, 0x55, 0x1D, arc], isCritical ? [1, 1, 0xFF] : [], octets(value))
  }
}
