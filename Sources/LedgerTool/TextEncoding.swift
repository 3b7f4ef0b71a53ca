internal import Foundation

/// How the bytes of a ledger's file are text.
public enum TextEncoding: String, Sendable, CaseIterable, Hashable {
  /// UTF-8, with or without a mark.
  case utf8 = "utf-8"
  /// CP932, Windows' Shift_JIS: JIS X 0208 with the extensions of NEC and IBM, and half-width kana. Read by a table of our own.
  case cp932

  /// Appends a text as UTF-8. Bytes that are no text of CP932 become U+FFFD, which no canonical form holds; the user's own characters (外字) become
  /// private ones, which none holds either. UTF-8 is taken as it is, and examined where it is read.
  func append(_ text: UnsafeBufferPointer<UInt8>, to out: inout Bytes) {
    guard self == .cp932 else {
      out.append(text)
      return
    }
    var index = 0
    while index < text.count {
      let lead = text[index]
      if lead < 0x80 {
        out.append(lead)
        index += 1
        continue
      }
      let isDouble = (lead >= 0x81 && lead <= 0x9F) || (lead >= 0xE0 && lead <= 0xFC)
      let scalar = isDouble ? Self.scalar(lead, index + 1 < text.count ? text[index + 1] : 0) : Self.halfWidth(lead)
      out.append(0xE0 | UInt8(truncatingIfNeeded: scalar >> 12))
      out.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F))
      out.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
      // A byte that follows no lead byte's meaning may begin a text of its own.
      index += isDouble && scalar != Self.unknown ? 2 : 1
    }
  }

  /// The text; nil where the bytes are none in this encoding.
  func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    guard self == .cp932 else { return String(validating: bytes, as: UTF8.self) }
    var out = Bytes()
    append(bytes, to: &out)
    let text = String(decoding: out[0..<out.count], as: UTF8.self)
    return text.unicodeScalars.contains("\u{FFFD}") ? nil : text
  }

  private static let unknown: UInt16 = 0xFFFD

  private static func halfWidth(_ byte: UInt8) -> UInt16 { byte >= 0xA1 && byte <= 0xDF ? 0xFF61 + UInt16(byte - 0xA1) : unknown }

  private static func scalar(_ lead: UInt8, _ trail: UInt8) -> UInt16 {
    guard trail >= 0x40, trail <= 0xFC, trail != 0x7F else { return unknown }
    let pair = Int(lead) - (lead < 0xA0 ? 0x81 : 0xC1)
    let place = Int(trail) - (trail < 0x7F ? 0x40 : 0x41)
    let row = pair * 2 + place / 94
    if row >= 94, row < 114 { return 0xE000 + UInt16((row - 94) * 94 + place % 94) }
    let index = (row >= 114 ? row - 20 : row) * 94 + place % 94
    return index < table.count ? table[index] : unknown
  }

  private static let table: [UInt16] = {
    let text = CP932Table.rows.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    var table: [UInt16] = []
    // ASCII alone parts the rows: the first of the plane holds the ideographic space.
    for row in text.utf8.split(whereSeparator: { $0 <= 0x20 }) {
      let scalars = String(Substring(row)).unicodeScalars
      table += scalars.count == 94 ? scalars.map { UInt16(truncatingIfNeeded: $0.value) } : [UInt16](repeating: unknown, count: 94)
    }
    return table
  }()
}
