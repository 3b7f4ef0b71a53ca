public import CitizenItems

/// The canonical bytes of some rows, one after another.
public struct CanonicalForms: Sendable {
  /// Each form behind `EdgeTag.label`.
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = []

  /// No forms.
  public init() {}

  /// How many forms there are.
  public var count: Int { ends.count }

  /// The canonical bytes of a row, without the label.
  public subscript(index: Int) -> ArraySlice<UInt8> { bytes[labelled(index).dropFirst(EdgeTag.label.count)] }

  /// Where a form stands in `bytes`, with its label.
  func labelled(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

  /// Appends the form of a row; nothing where it has none.
  ///
  /// - Throws: `RowRefusal`.
  public mutating func append(_ row: RowText, from origin: RowOrigin, with canonicalizer: inout Canonicalizer) throws(RowRefusal) {
    let start = bytes.count
    bytes.append(contentsOf: EdgeTag.label)
    do throws(RowRefusal) { try canonicalizer.append(row, from: origin, to: &bytes) } catch {
      bytes.removeLast(bytes.count - start)
      throw error
    }
    ends.append(bytes.count)
  }
}

/// The tags of some rows, one after another, each row's as the JSON list that files and requests hold: `["hmac.1.1.…","hmac.2.1.…"]`.
public struct TagLists: Sendable {
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = []

  /// No lists.
  public init() {}

  /// How many lists there are.
  public var count: Int { ends.count }

  /// Appends the tags of the next row, one per live key version, lowest first.
  public mutating func append(_ tags: [EdgeTag]) {
    append { out in
      for (number, tag) in tags.enumerated() {
        if number > 0 { out.append(0x2C) }
        out.append(0x22)
        out.append(contentsOf: tag.text.utf8)
        out.append(0x22)
      }
    }
  }

  /// Appends the list of the next row: what stands between its brackets.
  mutating func append(_ write: (inout [UInt8]) -> Void) {
    bytes.append(0x5B)
    write(&bytes)
    bytes.append(0x5D)
    ends.append(bytes.count)
  }

  /// Where a list stands in `bytes`.
  func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
}

/// Makes tags of canonical forms. `LedgerKeys` does it here by HMAC; another scheme may have to ask the broker.
public protocol LedgerTagger: Sendable {
  /// The tags of each form, in the order of the forms. Called with some thousands of forms at a time, by several tasks at once.
  ///
  /// - Throws: `LedgerToolError`, which ends the command.
  func tagLists(of forms: CanonicalForms) async throws(LedgerToolError) -> TagLists
}

extension LedgerKeys: LedgerTagger {
  /// The tags by HMAC, one per live key.
  public func tagLists(of forms: CanonicalForms) async throws(LedgerToolError) -> TagLists { hmacTagLists(of: forms) }

  /// The same, at once.
  public func hmacTagLists(of forms: CanonicalForms) -> TagLists {
    var lists = TagLists()
    forms.bytes.withUnsafeBytes { bytes in
      for index in 0..<forms.count {
        let form = UnsafeRawBufferPointer(rebasing: bytes[forms.labelled(index)])
        lists.append { out in
          for (number, key) in keys.enumerated() {
            if number > 0 { out.append(0x2C) }
            out.append(0x22)
            EdgeTag.appendText(ofLabelled: form, key: key, to: &out)
            out.append(0x22)
          }
        }
      }
    }
    return lists
  }
}
