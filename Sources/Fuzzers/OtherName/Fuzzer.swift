// The subjectAltName of a signing certificate: general names, the four items, their canonical form.

import CitizenItems
import FuzzSupport

@testable import JPKI

/// Writes the seeds.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  func names(_ items: [(UInt8, String)]) -> [UInt8] {
    Write.element(
      0x30,
      items.flatMap { arc, text in
        // 1.2.392.200149.8.5.5.arc
        Write.element(0xA0, [0x06, 10, 0x2A, 0x83, 0x08, 0x8C, 0x9B, 0x55, 8, 5, 5, arc], Write.element(0xA0, Write.utf8(text)))
      })
  }
  Seeds.write([
    names([(1, "四情　花子"), (4, "319800217"), (3, "2"), (5, "東京都架空市見本町１－２－３"), (2, "00000"), (6, "00000000000000")]),
    names([
      (7, "カクウ"), (1, "髙橋　ジョン"), (4, "019000000"), (3, "9"), (5, "北海道札幌市北区北１条西２－３ハイツ１０１"), (2, "100000"), (6, "000000000000000000000"),
    ]),
    Write.sequence(Write.element(0xA4, Write.name), Write.element(0x86, Array("http://a.invalid".utf8))),
  ])
  return 0
}

/// Reads one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var reader = DERReader(bytes(start, count))
  guard let element = try? reader.element(DERTag.sequence), (try? reader.finish()) != nil, let names = try? GeneralName.list(element),
    let items = try? CertifiedItems.read(names)
  else { return 0 }
  for text in [items.name, items.address] { precondition(text.substitutes.count == text.text.unicodeScalars.count) }
  if let canonical = try? CanonicalForm.bytes(of: items) {
    let again = try? CanonicalForm.bytes(of: items)
    precondition(canonical == again && canonical.count <= CanonicalForm.maximumBytes)
  }
  return 0
}
