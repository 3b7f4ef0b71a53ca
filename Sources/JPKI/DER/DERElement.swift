/// One element as it stands in its message.
struct DERElement {
  let bytes: [UInt8]
  let tag: UInt8
  let start: Int
  let content: Range<Int>

  /// Header and content.
  var whole: Range<Int> { start..<content.upperBound }
  var contentBytes: [UInt8] { Array(bytes[content]) }
  var wholeBytes: [UInt8] { Array(bytes[whole]) }

  /// A reader over the content of a constructed element.
  func reader() throws(DERError) -> DERReader {
    guard tag & 0x20 != 0 else { throw .tag }
    return DERReader(bytes, in: content)
  }

  /// X.690 §11.1: TRUE is 0xFF.
  func boolean() throws(DERError) -> Bool {
    guard content.count == 1 else { throw .value }
    switch bytes[content.lowerBound] {
    case 0: return false
    case 0xFF: return true
    default: throw .value
    }
  }

  /// The content of an INTEGER, two's complement, minimal (X.690 §8.3.2).
  func integerContent() throws(DERError) -> Range<Int> {
    guard !content.isEmpty else { throw .value }
    if content.count > 1 {
      let first = bytes[content.lowerBound]
      let second = bytes[content.lowerBound + 1]
      guard !(first == 0 && second & 0x80 == 0), !(first == 0xFF && second & 0x80 != 0) else { throw .value }
    }
    return content
  }

  /// An INTEGER or ENUMERATED that is small and not negative.
  func smallInteger() throws(DERError) -> Int {
    let range = try integerContent()
    guard range.count <= 4, bytes[range.lowerBound] & 0x80 == 0 else { throw .value }
    return bytes[range].reduce(0) { $0 << 8 | Int($1) }
  }

  /// The magnitude of a positive INTEGER without its sign byte.
  func positiveInteger() throws(DERError) -> ArraySlice<UInt8> {
    let range = try integerContent()
    guard bytes[range.lowerBound] & 0x80 == 0 else { throw .value }
    let magnitude = bytes[range].drop(while: { $0 == 0 })
    guard !magnitude.isEmpty else { throw .value }
    return magnitude
  }

  /// A BIT STRING that is a whole number of bytes (a key, a signature).
  func bitStringBytes() throws(DERError) -> Range<Int> {
    guard content.count >= 1, bytes[content.lowerBound] == 0 else { throw .value }
    return (content.lowerBound + 1)..<content.upperBound
  }

  /// A named BIT STRING (X.690 §11.2.2: no trailing zero bits), bit 0 being the highest; up to 16 bits.
  func namedBits() throws(DERError) -> UInt16 {
    guard content.count >= 1, content.count <= 3 else { throw .value }
    let unused = bytes[content.lowerBound]
    guard unused < 8 else { throw .value }
    let body = bytes[(content.lowerBound + 1)..<content.upperBound]
    guard let last = body.last else {
      guard unused == 0 else { throw .value }
      return 0
    }
    // The lowest used bit is a one, the unused ones are zeros.
    guard last.trailingZeroBitCount == Int(unused) else { throw .value }
    var bits: UInt16 = 0
    for (index, byte) in body.enumerated() { bits |= UInt16(byte) << (index == 0 ? 8 : 0) }
    return bits
  }

  /// An OBJECT IDENTIFIER in X.690 §8.19's form.
  func oid() throws(DERError) -> OID {
    guard tag == DERTag.oid else { throw .tag }
    return try OID(content: bytes[content])
  }

  /// NULL.
  func null() throws(DERError) {
    guard tag == DERTag.null, content.isEmpty else { throw .value }
  }

  /// Well-formed UTF-8 without control characters.
  func text() throws(DERError) -> String {
    guard let text = String(validating: bytes[content], as: UTF8.self) else { throw .value }
    // C0 and C1 controls and DEL have no place in a name; a scalar below U+00A0 that is a control is cheap to see.
    for scalar in text.unicodeScalars where scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0) { throw .value }
    return text
  }

  /// Printable ASCII (IA5String of a URI, PrintableString of a country).
  func ascii() throws(DERError) -> String {
    for byte in bytes[content] where byte < 0x20 || byte > 0x7E { throw .value }
    return String(decoding: bytes[content], as: UTF8.self)
  }

  /// UTCTime or GeneralizedTime, as seconds since 1970.
  func time() throws(DERError) -> Int64 {
    switch tag {
    case DERTag.utcTime: try DERTime.utc(bytes, content)
    case DERTag.generalizedTime: try DERTime.generalized(bytes, content)
    default: throw .tag
    }
  }
}
