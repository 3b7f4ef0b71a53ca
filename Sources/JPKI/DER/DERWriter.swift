/// The little DER that this room writes: names to compare with, and OCSP requests.
enum DERWriter {
  /// One element around its parts.
  static func element(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
    let length = parts.reduce(0) { $0 + $1.count }
    var out: [UInt8] = [tag]
    if length < 0x80 {
      out.append(UInt8(length))
    } else {
      let octets = (Int.bitWidth - length.leadingZeroBitCount + 7) / 8
      out.append(0x80 | UInt8(octets))
      for shift in stride(from: (octets - 1) * 8, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
    for part in parts { out += part }
    return out
  }

  static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(DERTag.sequence, parts.flatMap { $0 }) }
  static func oid(_ oid: OID) -> [UInt8] { element(DERTag.oid, oid.content) }
  static func octetString(_ bytes: [UInt8]) -> [UInt8] { element(DERTag.octetString, bytes) }
  static let null: [UInt8] = [DERTag.null, 0]
}
