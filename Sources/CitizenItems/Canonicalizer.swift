/// The four items of one row as UTF-8, borrowed from wherever the row lies.
public struct RowText {
  /// The texts; valid only as long as what they were borrowed from.
  public var name, address, dateOfBirth, sex: UnsafeBufferPointer<UInt8>

  /// Joins four texts.
  public init(
    name: UnsafeBufferPointer<UInt8>, address: UnsafeBufferPointer<UInt8>, dateOfBirth: UnsafeBufferPointer<UInt8>,
    sex: UnsafeBufferPointer<UInt8>
  ) {
    self.name = name
    self.address = address
    self.dateOfBirth = dateOfBirth
    self.sex = sex
  }
}

/// Where a row comes from.
public enum RowOrigin: Sendable, Hashable {
  /// A ledger: a name in kana alone is most likely a reading, and is set apart by a mark.
  case ledger
  /// A card, whose items were handed over: kana are a name.
  case card
}

/// Which item of a row has no canonical form, and why. Carries no part of the row.
public struct RowRefusal: Error, Sendable, Hashable {
  /// The item.
  public let item: Item
  /// The reason.
  public let refusal: CanonicalRefusal

  /// `name unreadableCharacter`
  public var reason: String { "\(item.rawValue) \(refusal.rawValue)" }
}

/// Makes the canonical forms of many texts, one after another, in memory that it keeps. Not to be shared: every task has its own.
public struct Canonicalizer: ~Copyable {
  private var work = Workspace()

  /// A canonicalizer with small buffers.
  public init() {}

  /// Appends the canonical form of one text in UTF-8. `out` is left as it was where there is none.
  ///
  /// - Throws: `CanonicalRefusal`; every sequence of bytes yields a form or a refusal.
  public mutating func append(_ item: Item, _ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) throws(CanonicalRefusal) {
    guard text.count <= CanonicalForm.maximumBytes else { throw .tooLong }
    switch item {
    case .name:
      try Folding.fold(text, into: &work.text)
      try NameRules.canonicalize(&work)
      work.text.write(to: &out)
    case .address:
      try Folding.fold(text, into: &work.text)
      try AddressRules.canonicalize(&work)
      work.text.write(to: &out)
    case .dateOfBirth:
      guard let date = Self.date(text) else { throw .date }
      date.write(to: &out)
    case .sex:
      guard let sex = Self.sex(text) else { throw .sex }
      out.append(0x30 + UInt8(truncatingIfNeeded: sex.rawValue))
    }
  }

  /// Appends the canonical bytes of a row, from which its tag is made: those of `CanonicalForm.bytes`. `out` is left as it was where there are none.
  ///
  /// - Throws: `RowRefusal`, of the first item that has no canonical form.
  public mutating func append(_ row: RowText, from origin: RowOrigin, to out: inout [UInt8]) throws(RowRefusal) {
    let start = out.count
    do throws(RowRefusal) {
      try appendField(.name, row.name, isLedger: origin == .ledger, to: &out)
      try appendField(.address, row.address, isLedger: false, to: &out)
      try appendField(.dateOfBirth, row.dateOfBirth, isLedger: false, to: &out)
      try appendField(.sex, row.sex, isLedger: false, to: &out)
    } catch {
      out.removeLast(out.count - start)
      throw error
    }
    Self.append(UInt32(CanonicalForm.ruleset), to: &out)
  }

  private mutating func appendField(_ item: Item, _ text: UnsafeBufferPointer<UInt8>, isLedger: Bool, to out: inout [UInt8])
    throws(RowRefusal)
  {
    let place = out.count
    Self.append(0, to: &out)
    do throws(CanonicalRefusal) { try append(item, text, to: &out) } catch { throw RowRefusal(item: item, refusal: error) }
    if isLedger, NameRules.isKanaOnly(work.text) { out.insert(contentsOf: CanonicalForm.uncertainMark.utf8, at: place + 4) }
    let length = UInt32(truncatingIfNeeded: out.count - place - 4)
    for byte in 0..<4 { out[place + byte] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * byte)) }
  }

  private static func append(_ number: UInt32, to out: inout [UInt8]) {
    for byte in 0..<4 { out.append(UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * byte))) }
  }

  private static func date(_ text: UnsafeBufferPointer<UInt8>) -> DateOfBirth? {
    guard let plain = DateOfBirth.plain(text) else {
      return String(validating: text, as: UTF8.self).flatMap { try? DateOfBirth(text: $0) }
    }
    return try? DateOfBirth(
      year: plain.year == 0 ? nil : plain.year, month: plain.month == 0 ? nil : plain.month, day: plain.day == 0 ? nil : plain.day)
  }

  private static func sex(_ text: UnsafeBufferPointer<UInt8>) -> Sex? {
    switch (text.count, text.first) {
    case (1, 0x31), (1, 0x4D), (1, 0x6D): .male  // 1 M m
    case (1, 0x32), (1, 0x46), (1, 0x66): .female  // 2 F f
    case (3, 0xE7) where text[1] == 0x94 && text[2] == 0xB7: .male  // 男
    case (3, 0xE5) where text[1] == 0xA5 && text[2] == 0xB3: .female  // 女
    default: String(validating: text, as: UTF8.self).flatMap { try? Sex(text: $0) }
    }
  }
}

extension String {
  /// Hands the UTF-8 of the text to a function, which must not keep it.
  func withUTF8Bytes<Failure: Error>(_ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Void) throws(Failure) {
    var text = self
    var failure: Failure?
    text.withUTF8 { bytes in
      do throws(Failure) { try body(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Writes the folded letters of the text.
  func folded(into letters: inout Letters) throws(CanonicalRefusal) {
    try withUTF8Bytes { bytes throws(CanonicalRefusal) in try Folding.fold(bytes, into: &letters) }
  }
}
