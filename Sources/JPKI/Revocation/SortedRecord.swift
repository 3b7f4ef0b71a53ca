/// One entry as it is sorted and stored: a serial number, a time, a reason.
protocol SortedRecord: BitwiseCopyable, SendableMetatype {
  /// A byte of the serial number; 0 is the last.
  func digit(_ place: Int) -> Int
  func precedes(_ other: Self) -> Bool
  func hasSerial(of other: Self) -> Bool
  /// The serial number's last `width` bytes, big-endian.
  func writeSerial(to bytes: UnsafeMutablePointer<UInt8>, width: Int)
  /// How many bytes the serial number has.
  var length: Int { get }
  var seconds: UInt32 { get }
  var code: UInt8 { get }
  /// One that no other comes after.
  static var last: Self { get }
  /// Reads what `pack` wrote; up to eight bytes behind it are read, too, and mean nothing.
  init(packed bytes: UnsafePointer<UInt8>, width: Int)
}

extension SortedRecord {
  func writeSerial(to bytes: UnsafeMutablePointer<UInt8>, width: Int) {
    for place in 0..<width { bytes[width - 1 - place] = UInt8(digit(place)) }
  }

  /// The form of index and scratch file: serial number, time (little-endian), reason.
  @inline(__always)
  func pack(to bytes: UnsafeMutablePointer<UInt8>, width: Int) {
    writeSerial(to: bytes, width: width)
    UnsafeMutableRawPointer(bytes + width).storeBytes(of: seconds.littleEndian, as: UInt32.self)
    bytes[width + 4] = code
  }

  @inline(__always)
  static func value(_ bytes: UnsafePointer<UInt8>, _ width: Int) -> (seconds: UInt32, code: UInt8) {
    (UInt32(littleEndian: UnsafeRawPointer(bytes + width).loadUnaligned(as: UInt32.self)), bytes[width + 4])
  }

  /// Where a list names a certificate twice, an end outweighs a change.
  func graver(_ later: Self) -> Self { code == RevocationReasonCode.affiliationChanged.rawValue ? later : self }
}

/// A serial number of at most eight bytes.
struct ShortRecord: SortedRecord {
  let serial: UInt64
  let seconds: UInt32
  let code: UInt8

  @inline(__always) func digit(_ place: Int) -> Int { Int(truncatingIfNeeded: serial &>> (UInt64(place) &* 8)) & 0xFF }
  @inline(__always) func precedes(_ other: ShortRecord) -> Bool { serial < other.serial }
  @inline(__always) func hasSerial(of other: ShortRecord) -> Bool { serial == other.serial }
  var length: Int { (UInt64.bitWidth - serial.leadingZeroBitCount + 7) / 8 }

  static var last: ShortRecord { ShortRecord(serial: .max, seconds: 0, code: 0) }

  init(serial: UInt64, seconds: UInt32, code: UInt8) {
    self.serial = serial
    self.seconds = seconds
    self.code = code
  }

  @inline(__always)
  init(packed bytes: UnsafePointer<UInt8>, width: Int) {
    serial = UInt64(bigEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self)) &>> UInt64(64 &- width &* 8)
    (seconds, code) = Self.value(bytes, width)
  }
}

/// One of nine to twenty bytes.
struct LongRecord: SortedRecord {
  let high: UInt32
  let middle: UInt64
  let low: UInt64
  let seconds: UInt32
  let code: UInt8

  init(_ serial: UnsafeBufferPointer<UInt8>, seconds: UInt32, code: UInt8) {
    var words: (UInt32, UInt64, UInt64) = (0, 0, 0)
    for byte in serial {
      words.0 = words.0 << 8 | UInt32(truncatingIfNeeded: words.1 >> 56)
      words.1 = words.1 << 8 | words.2 >> 56
      words.2 = words.2 << 8 | UInt64(byte)
    }
    (high, middle, low) = words
    self.seconds = seconds
    self.code = code
  }

  static var last: LongRecord {
    let most = [UInt8](repeating: 0xFF, count: 20)
    return most.withUnsafeBufferPointer { LongRecord($0, seconds: 0, code: 0) }
  }

  init(packed bytes: UnsafePointer<UInt8>, width: Int) {
    let (seconds, code) = Self.value(bytes, width)
    self.init(UnsafeBufferPointer(start: bytes, count: width), seconds: seconds, code: code)
  }

  func digit(_ place: Int) -> Int {
    switch place {
    case 0..<8: Int(truncatingIfNeeded: low >> (UInt64(place) * 8)) & 0xFF
    case 8..<16: Int(truncatingIfNeeded: middle >> (UInt64(place - 8) * 8)) & 0xFF
    default: Int(truncatingIfNeeded: high >> (UInt32(place - 16) * 8)) & 0xFF
    }
  }
  func precedes(_ other: LongRecord) -> Bool { (high, middle, low) < (other.high, other.middle, other.low) }
  func hasSerial(of other: LongRecord) -> Bool { low == other.low && middle == other.middle && high == other.high }
  var length: Int {
    if high != 0 { return 16 + (UInt32.bitWidth - high.leadingZeroBitCount + 7) / 8 }
    return 8 + (UInt64.bitWidth - middle.leadingZeroBitCount + 7) / 8
  }
}
