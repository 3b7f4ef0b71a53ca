/// The tags that occur in certificates, lists and answers.
enum DERTag {
  static let boolean: UInt8 = 0x01
  static let integer: UInt8 = 0x02
  static let bitString: UInt8 = 0x03
  static let octetString: UInt8 = 0x04
  static let null: UInt8 = 0x05
  static let oid: UInt8 = 0x06
  static let enumerated: UInt8 = 0x0A
  static let utf8String: UInt8 = 0x0C
  static let printableString: UInt8 = 0x13
  static let ia5String: UInt8 = 0x16
  static let utcTime: UInt8 = 0x17
  static let generalizedTime: UInt8 = 0x18
  static let visibleString: UInt8 = 0x1A
  static let bmpString: UInt8 = 0x1E
  /// DisplayText (RFC 5280 §4.2.1.4).
  static let displayTexts: Set<UInt8> = [utf8String, ia5String, visibleString, bmpString]
  static let sequence: UInt8 = 0x30
  static let set: UInt8 = 0x31

  /// `[number]`, primitive.
  static func context(_ number: UInt8) -> UInt8 { 0x80 | number }
  /// `[number]`, constructed.
  static func contextConstructed(_ number: UInt8) -> UInt8 { 0xA0 | number }
}
