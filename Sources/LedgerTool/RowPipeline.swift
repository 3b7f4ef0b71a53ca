internal import BrokerClient
internal import CitizenItems
internal import Foundation

/// What of a CSV file is read: its sides (one, or before and after) and the reference.
struct LedgerLayout: Sendable {
  let sides: [ItemColumns]
  let ref: Int?
  let separator: UInt8
  let encoding: TextEncoding
  let origin: RowOrigin

  /// - Throws: `LedgerToolError.columnMissing`.
  init(_ reader: CSVReader, mapping: ColumnMapping, sides: [String?], origin: RowOrigin = .ledger) throws(LedgerToolError) {
    var columns: [ItemColumns] = []
    for side in sides { columns.append(try ItemColumns(mapping, side: side, header: reader.header)) }
    self.sides = columns
    ref = try mapping.column(of: "ref", side: nil, in: reader.header).indices.first
    separator = reader.separator
    encoding = reader.encoding
    self.origin = origin
  }
}

/// The rows of a block with their tags, or why they have none.
struct TaggedRows: Sendable {
  struct Row: Sendable {
    /// Line of the file on which the row begins.
    let line: Int
    /// Where in `refs` the reference stands; empty where there is none, nil where the row is too broken to tell.
    let ref: Range<Int>?
    /// The number in `lists` of each side's tags; nil where all items of that side are empty.
    var tags: [Int?]
    /// Why the row is left aside.
    let rejection: String?
  }

  var rows: [Row] = []
  var refs: [UInt8] = []
  var lists = TagLists()

  /// The JSON list of a side's tags; nil where there are none.
  func list(_ row: Row, side: Int = 0) -> ArraySlice<UInt8>? { row.tags[side].map { lists.bytes[lists.range($0)] } }

  /// Reads and tags the rows of a block.
  ///
  /// - Throws: `LedgerToolError` of the tagger.
  static func make(_ block: RowBlock, _ layout: LedgerLayout, _ tagger: some LedgerTagger) async throws(LedgerToolError) -> TaggedRows {
    var (tagged, forms) = read(block, layout)
    tagged.lists = try await tagger.tagLists(of: forms)
    guard tagged.lists.count == forms.count else { throw .client(.answerMalformed) }
    return tagged
  }

  static func read(_ block: RowBlock, _ layout: LedgerLayout) -> (TaggedRows, CanonicalForms) {
    var tagged = TaggedRows()
    var forms = CanonicalForms()
    var canonicalizer = Canonicalizer()
    var room = Bytes()
    block.bytes.withUnsafeBufferPointer { bytes in
      var cursor = CSVRows(bytes, line: block.line, separator: layout.separator)
      while cursor.next() {
        guard cursor.isReadable else {
          tagged.rows.append(Row(line: cursor.line, ref: nil, tags: [], rejection: "unreadable"))
          continue
        }
        guard let ref = tagged.appendRef(cursor, layout, &room) else {
          tagged.rows.append(Row(line: cursor.line, ref: nil, tags: [], rejection: "ref unreadable"))
          continue
        }
        var tags: [Int?] = []
        var rejection: String?
        for (number, side) in layout.sides.enumerated() {
          guard let items = side.items(in: cursor, room: &room) else {
            tags.append(nil)
            continue
          }
          do throws(RowRefusal) {
            try forms.append(items, from: layout.origin, with: &canonicalizer)
            tags.append(forms.count - 1)
          } catch {
            rejection = (layout.sides.count == 1 ? "" : number == 0 ? "before " : "after ") + error.reason
            break
          }
        }
        if rejection == nil, tags.allSatisfy({ $0 == nil }) { rejection = "missingItem" }
        tagged.rows.append(Row(line: cursor.line, ref: ref, tags: tags, rejection: rejection))
      }
    }
    return (tagged, forms)
  }

  /// Takes up the reference of a row; nil where it is no text.
  private mutating func appendRef(_ row: borrowing CSVRows, _ layout: LedgerLayout, _ room: inout Bytes) -> Range<Int>? {
    let start = refs.count
    guard let column = layout.ref else { return start..<start }
    room.removeAll()
    layout.encoding.append(ItemColumns.trimmed(row[column]), to: &room)
    let ref = room[0..<room.count]
    // ASCII needs no second look.
    if ref.contains(where: { $0 >= 0x80 }) {
      guard let text = String(validating: ref, as: UTF8.self), !text.unicodeScalars.contains("\u{FFFD}") else { return nil }
    }
    refs.append(contentsOf: ref)
    return start..<refs.count
  }
}

/// Reads blocks one after another, works on them in as many tasks as there are processors, and hands on what comes of them in the order of the file.
enum RowPipeline {
  /// - Parameters:
  ///   - work: runs in tasks of its own.
  ///   - sink: takes what `work` made, in order.
  /// - Throws: `LedgerToolError` of either, or of reading.
  static func run<Output: Sendable>(
    _ blocks: RowBlocks, work: @escaping @Sendable (RowBlock) async throws(LedgerToolError) -> Output,
    sink: (Output) throws(LedgerToolError) -> Void
  ) async throws(LedgerToolError) {
    let window = max(ProcessInfo.processInfo.activeProcessorCount, 1) + 2
    let failure: LedgerToolError? = await withTaskGroup(of: (number: Int, result: Result<Output, LedgerToolError>).self) { group in
      var started = 0
      var handedOn = 0
      var waiting: [Int: Result<Output, LedgerToolError>] = [:]
      do throws(LedgerToolError) {
        while let block = try blocks.next() {
          let number = started
          group.addTask {
            do throws(LedgerToolError) { return (number, .success(try await work(block))) } catch { return (number, .failure(error)) }
          }
          started += 1
          while started - handedOn >= window, let done = await group.next() {
            waiting[done.number] = done.result
            while let result = waiting.removeValue(forKey: handedOn) {
              try sink(try result.get())
              handedOn += 1
            }
          }
        }
        while let done = await group.next() {
          waiting[done.number] = done.result
          while let result = waiting.removeValue(forKey: handedOn) {
            try sink(try result.get())
            handedOn += 1
          }
        }
        return nil
      } catch {
        group.cancelAll()
        return error
      }
    }
    if let failure { throw failure }
  }
}
