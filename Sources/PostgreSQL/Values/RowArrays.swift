public import Foundation

extension Row {
  /// `text[]` or `nil` for `NULL`
  public func optionalTextArray(_ column: Int) throws(PostgreSQLError) -> [String]? {
    try array(column, accepts: TypeOID.isText) { String(decoding: $0, as: UTF8.self) }
  }

  /// `bytea[]` or `nil` for `NULL`
  public func optionalBytesArray(_ column: Int) throws(PostgreSQLError) -> [[UInt8]]? {
    try array(column, accepts: { $0 == TypeOID.bytea }) { Array($0) }
  }

  /// `uuid[]` or `nil` for `NULL`
  public func optionalUUIDArray(_ column: Int) throws(PostgreSQLError) -> [UUID]? {
    try array(column, accepts: { $0 == TypeOID.uuid }) { $0.count == 16 ? UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) : nil }
  }

  /// `integer[]` or `nil` for `NULL`
  public func optionalInt4Array(_ column: Int) throws(PostgreSQLError) -> [Int32]? {
    try array(column, accepts: { $0 == TypeOID.int4 }) { $0.count == 4 ? $0.bigEndian(at: 0, as: Int32.self) : nil }
  }

  /// `bigint[]` or `nil` for `NULL`
  public func optionalInt8Array(_ column: Int) throws(PostgreSQLError) -> [Int64]? {
    try array(column, accepts: { $0 == TypeOID.int8 }) { $0.count == 8 ? $0.bigEndian(at: 0, as: Int64.self) : nil }
  }

  /// The binary form of an array: dimensions, has-nulls flag, element type; for each dimension length and lower bound; for each element length
  /// and bytes (array_send in src/backend/utils/adt/arrayfuncs.c). One dimension, no nulls.
  private func array<T>(
    _ column: Int, accepts: (UInt32) -> Bool, _ element: (UnsafeRawBufferPointer) -> T?
  ) throws(PostgreSQLError) -> [T]? {
    guard let field = try storage.field(index, column) else { return nil }
    let bytes = field.bytes
    guard bytes.count >= 12, accepts(bytes.bigEndian(at: 8, as: UInt32.self)) else { throw storage.unexpectedType(column) }
    let dimensions = bytes.bigEndian(at: 0, as: Int32.self)
    if dimensions == 0 { return [] }
    guard dimensions == 1, bytes.count >= 20 else { throw storage.unexpectedType(column) }
    let count = Int(bytes.bigEndian(at: 12, as: Int32.self))
    var elements: [T] = []
    elements.reserveCapacity(min(max(count, 0), bytes.count / 4))
    var offset = 20
    for _ in 0..<max(count, 0) {
      guard offset + 4 <= bytes.count else { throw storage.unexpectedType(column) }
      let length = Int(bytes.bigEndian(at: offset, as: Int32.self))
      offset += 4
      guard length >= 0, offset + length <= bytes.count else { throw storage.unexpectedType(column) }
      guard let value = element(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])) else {
        throw storage.unexpectedType(column)
      }
      elements.append(value)
      offset += length
    }
    return elements
  }
}

extension UnsafeRawBufferPointer {
  /// The integer in network order at an offset; the caller has checked the bounds.
  @inline(__always)
  func bigEndian<T: FixedWidthInteger>(at offset: Int, as type: T.Type) -> T {
    T(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }
}

/// PostgreSQL's clock: microseconds (days, for `date`) since 2000-01-01T00:00:00Z, the ends of the range standing for infinity.
enum PostgreSQLTime {
  /// 2000-01-01T00:00:00Z in seconds since Foundation's reference date, 2001-01-01T00:00:00Z.
  private static let epoch: Double = -31_622_400

  static func date(microseconds: Int64) -> Date {
    switch microseconds {
    case .max: return .distantFuture
    case .min: return .distantPast
    default:
      // Whole seconds and the fraction apart, so that no microsecond is lost in the division.
      let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
      return Date(timeIntervalSinceReferenceDate: Double(seconds) + epoch + Double(fraction) / 1_000_000)
    }
  }

  static func date(days: Int32) -> Date {
    switch days {
    case .max: .distantFuture
    case .min: .distantPast
    default: Date(timeIntervalSinceReferenceDate: Double(days) * 86_400 + epoch)
    }
  }

  static func microseconds(_ date: Date) -> Int64 {
    if date == .distantFuture { return .max }
    if date == .distantPast { return .min }
    let seconds = date.timeIntervalSinceReferenceDate - epoch
    let whole = seconds.rounded(.down)
    return Int64(exactly: whole).flatMap { whole in
      let (product, overflow) = whole.multipliedReportingOverflow(by: 1_000_000)
      return overflow ? nil : product + Int64(((seconds - Double(whole)) * 1_000_000).rounded())
    } ?? (seconds < 0 ? .min : .max)
  }
}
