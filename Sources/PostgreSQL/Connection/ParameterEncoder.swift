import Foundation
import Glibc

/// Values in PostgreSQL's binary form, in a buffer that is used again and again. Belongs to one thread.
final class ParameterEncoder {
  /// More than that in one statement is refused.
  static let maximumBytes = 256 << 20
  static let maximumParameters = 65_535
  private static let keptCapacity = 1 << 20

  private var buffer: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0
  private var offsets: [Int] = []
  /// What libpq wants: a pointer (or null), a length and a format for each parameter.
  private(set) var pointers: [UnsafePointer<CChar>?] = []
  private(set) var lengths: [Int32] = []
  private(set) var formats: [Int32] = []

  init() {
    capacity = 4096
    buffer = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
  }

  deinit { buffer.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: buffer, count: count) }

  func reset() {
    count = 0
    offsets.removeAll(keepingCapacity: true)
    pointers.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    // A rare giant must not stay in memory for good.
    if capacity > Self.keptCapacity {
      buffer.deallocate()
      capacity = 4096
      buffer = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }
  }

  /// Encodes all parameters of a statement. False where there are too many, or too much.
  func encode(_ parameters: [SQLValue]) -> Bool {
    reset()
    guard parameters.count <= Self.maximumParameters else { return false }
    for parameter in parameters {
      let start = count
      offsets.append(start)
      if parameter.isNull {
        lengths.append(-1)
      } else {
        write(parameter)
        guard count <= Self.maximumBytes else { return false }
        lengths.append(Int32(count - start))
      }
    }
    // The buffer may have moved while it grew; from here on it stays.
    for index in offsets.indices {
      pointers.append(lengths[index] < 0 ? nil : UnsafePointer((buffer + offsets[index]).assumingMemoryBound(to: CChar.self)))
    }
    while formats.count < pointers.count { formats.append(1) }
    return true
  }

  /// Encodes a row of `COPY … (FORMAT binary)`: the number of fields, then length and bytes of each.
  func appendCopyRow(_ values: [SQLValue]) {
    write(Int16(truncatingIfNeeded: values.count))
    for value in values {
      writeElement {
        value.isNull
          ? false
          : {
            write(value); return true
          }()
      }
    }
  }

  func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes(write) }

  private func writeElement(_ body: () -> Bool) {
    let lengthAt = count
    write(Int32(-1))
    guard body() else { return }
    let length = Int32(truncatingIfNeeded: count - lengthAt - 4)
    (buffer + lengthAt).storeBytes(of: length.bigEndian, as: Int32.self)
  }

  private func write(_ value: SQLValue) {
    switch value {
    case .null: break
    case .bool(let value): write(UInt8(value ? 1 : 0))
    case .int2(let value): write(value)
    case .int4(let value): write(value)
    case .int8(let value): write(value)
    case .double(let value): write(value.bitPattern)
    case .text(let value): write(value)
    case .bytes(let value): value.withUnsafeBytes(write)
    case .uuid(let value): withUnsafeBytes(of: value.uuid, write)
    case .timestamp(let value): write(PostgreSQLTime.microseconds(value))
    case .json(let value):
      write(UInt8(1))
      write(value)
    case .textArray(let values): writeArray(values, of: TypeOID.text) { write($0) }
    case .bytesArray(let values): writeArray(values, of: TypeOID.bytea) { $0.withUnsafeBytes(write) }
    case .uuidArray(let values): writeArray(values, of: TypeOID.uuid) { withUnsafeBytes(of: $0.uuid, write) }
    case .int4Array(let values): writeArray(values, of: TypeOID.int4) { write($0) }
    case .int8Array(let values): writeArray(values, of: TypeOID.int8) { write($0) }
    }
  }

  private func writeArray<T>(_ values: [T], of type: UInt32, _ body: (T) -> Void) {
    write(Int32(values.isEmpty ? 0 : 1))
    write(Int32(0))
    write(type)
    if values.isEmpty { return }
    write(Int32(truncatingIfNeeded: values.count))
    write(Int32(1))
    for value in values {
      writeElement {
        body(value)
        return true
      }
    }
  }

  private func write(_ value: String) {
    var value = value
    value.withUTF8 { write(UnsafeRawBufferPointer($0)) }
  }

  private func write<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.bigEndian, write) }

  private func write(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    reserve(bytes.count)
    memcpy(buffer + count, start, bytes.count)
    count += bytes.count
  }

  private func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    memcpy(moved, buffer, count)
    buffer.deallocate()
    buffer = moved
    capacity = larger
  }
}

extension SQLValue {
  var isNull: Bool {
    if case .null = self { return true }
    return false
  }
}
