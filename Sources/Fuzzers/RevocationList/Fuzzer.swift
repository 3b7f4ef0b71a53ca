// Revocation lists behind the signature check: fields, extensions, scope, every entry.

import FuzzSupport

@testable import JPKI

/// Writes the seeds.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  func list(_ entries: [[UInt8]], _ extra: [UInt8] = []) -> [UInt8] {
    let extensions = Write.sequence(
      Write.standardExtension(35, Write.sequence(Write.element(0x80, [UInt8](repeating: 7, count: 20)))),
      Write.standardExtension(20, [2, 2, 7, 0xEA]), extra)
    let tbs = Write.sequence(
      [2, 1, 1], Write.algorithm, Write.name, Write.element(0x17, Array("260701000000Z".utf8)),
      Write.element(0x17, Array("260702030000Z".utf8)),
      entries.isEmpty ? [] : Write.element(0x30, entries.flatMap { $0 }), Write.element(0xA0, extensions))
    return Write.sequence(tbs, Write.algorithm, Write.signature)
  }
  func entry(_ serial: [UInt8], _ reason: UInt8?) -> [UInt8] {
    Write.sequence(
      Write.element(2, serial), Write.element(0x17, Array("260601000000Z".utf8)),
      reason.map { Write.sequence(Write.standardExtension(21, [10, 1, $0])) } ?? [])
  }
  let point = Write.element(0xA0, Write.element(0xA0, Write.element(0xA4, Write.name)))
  Seeds.write([
    list([]), list([entry([1, 0xA2, 0xB3, 0xC4], 3), entry([7], 4), entry([9], nil)]),
    list([entry([0, 0xFE] + [UInt8](repeating: 1, count: 19), 5)], Write.standardExtension(28, isCritical: true, Write.sequence(point))),
    list([entry([2], 6)], Write.standardExtension(27, isCritical: true, [2, 1, 1])),
  ])
  return 0
}

/// Reads one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let source = RevocationListBytes.memory(bytes(start, count))
  guard let fields = try? RevocationListFields(source) else { return 0 }
  precondition(fields.tbs.upperBound <= count && fields.entries.upperBound <= count)
  if let header = try? RevocationListHeader(fields.extensions) { try? header.checkScope() }
  var entries = RevocationEntries(maximumEntries: 100_000, scratch: nil)
  guard (try? entries.read(source, fields.entries)) != nil else { return 0 }
  precondition(entries.count == entries.counts.values.reduce(0, +))
  return 0
}
