/// SQL text cut into statements, so that each can be run, and blamed, by itself.
///
/// Knows what may hold a semicolon that ends nothing: quoted strings and names, `E''` strings, dollar quotes, comments (nested ones too), and
/// bodies between `BEGIN ATOMIC` and `END`. (PostgreSQL 15, 4.1 Lexical Structure.)
enum SQLScript {
  /// One statement and the line on which it begins.
  struct Statement: Sendable, Equatable {
    let sql: String
    /// From 1.
    let line: Int

    /// Whether it begins or ends a transaction, which is not a file's business.
    var controlsTransactions: Bool {
      guard let first = SQLScript.words(of: sql).first else { return false }
      return ["begin", "commit", "rollback", "end", "abort", "start", "savepoint", "release"].contains(first)
    }
  }

  /// The statements of a text, without their semicolons; comments before a statement are left out.
  static func statements(of text: String) -> [Statement] {
    var scanner = Scanner(text)
    var statements: [Statement] = []
    while let statement = scanner.next() { statements.append(statement) }
    return statements
  }

  /// The leading words in lower case, comments skipped already.
  private static func words(of sql: String) -> [Substring] {
    sql.lowercased().split(maxSplits: 1) { !($0.isLetter || $0 == "_") }
  }

  private struct Scanner {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func next() -> Statement? {
      skipBlank()
      guard position < bytes.count else { return nil }
      let start = position
      let startLine = line
      var end = start
      var atomicDepth = 0
      while position < bytes.count {
        let byte = bytes[position]
        if byte == UInt8(ascii: ";"), atomicDepth == 0 { break }
        if isWordStart(byte) {
          atomicDepth = max(0, atomicDepth + depthChange(of: takeWord(), inside: atomicDepth > 0))
        } else {
          takeOne()
        }
        end = position
      }
      if position < bytes.count { step() }
      let sql = String(decoding: bytes[start..<end], as: UTF8.self)
      return sql.isEmpty ? next() : Statement(sql: sql, line: startLine)
    }

    /// `BEGIN ATOMIC` opens a body of several statements; within it `CASE` needs an `END` too.
    private mutating func depthChange(of word: String, inside: Bool) -> Int {
      switch word {
      case "begin":
        let here = (position, line)
        skipBlank()
        if position < bytes.count, isWordStart(bytes[position]), takeWord() == "atomic" { return 1 }
        (position, line) = here
        return 0
      case "case": return inside ? 1 : 0
      case "end": return inside ? -1 : 0
      default: return 0
      }
    }

    private func at(_ offset: Int) -> UInt8 { position + offset < bytes.count ? bytes[position + offset] : 0 }

    private func isWordStart(_ byte: UInt8) -> Bool { (byte | 32 >= 97 && byte | 32 <= 122) || byte == UInt8(ascii: "_") || byte >= 128 }

    private mutating func step() {
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }

    /// Blank space, comments and stray semicolons between statements.
    private mutating func skipBlank() {
      while position < bytes.count {
        switch (at(0), at(1)) {
        case (UInt8(ascii: "-"), UInt8(ascii: "-")), (UInt8(ascii: "/"), UInt8(ascii: "*")): takeOne()
        case (UInt8(ascii: " "), _), (UInt8(ascii: "\t"), _), (UInt8(ascii: "\n"), _), (UInt8(ascii: "\r"), _), (UInt8(ascii: "\u{0C}"), _):
          step()
        default: return
        }
      }
    }

    /// A word in lower case; an escape string that it begins is taken with it.
    private mutating func takeWord() -> String {
      let start = position
      while position < bytes.count,
        isWordStart(bytes[position]) || (48...57).contains(bytes[position]) || bytes[position] == UInt8(ascii: "$")
      { step() }
      let word = String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
      if word == "e", at(0) == UInt8(ascii: "'") { takeQuoted(by: UInt8(ascii: "'"), escapes: true) }
      return word
    }

    /// A quotation, a comment, or one byte of anything else.
    private mutating func takeOne() {
      switch (at(0), at(1)) {
      case (UInt8(ascii: "'"), _): takeQuoted(by: UInt8(ascii: "'"), escapes: false)
      case (UInt8(ascii: "\""), _): takeQuoted(by: UInt8(ascii: "\""), escapes: false)
      case (UInt8(ascii: "-"), UInt8(ascii: "-")): while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { step() }
      case (UInt8(ascii: "/"), UInt8(ascii: "*")): takeComment()
      case (UInt8(ascii: "$"), _): takeDollarQuoted()
      default: step()
      }
    }

    private mutating func takeQuoted(by quote: UInt8, escapes: Bool) {
      step()
      while position < bytes.count {
        if escapes, at(0) == UInt8(ascii: "\\"), position + 1 < bytes.count {
          step()
        } else if at(0) == quote {
          step()
          // A doubled quote is one of the string's own.
          if at(0) != quote { return }
        }
        if position < bytes.count { step() }
      }
    }

    private mutating func takeComment() {
      var depth = 0
      repeat {
        switch (at(0), at(1)) {
        case (UInt8(ascii: "/"), UInt8(ascii: "*")):
          depth += 1
          step()
        case (UInt8(ascii: "*"), UInt8(ascii: "/")):
          depth -= 1
          step()
        default: break
        }
        if position < bytes.count { step() }
      } while depth > 0 && position < bytes.count
    }

    private mutating func takeDollarQuoted() {
      var end = position + 1
      while end < bytes.count, isWordStart(bytes[end]) || (end > position + 1 && (48...57).contains(bytes[end])) { end += 1 }
      guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else { return step() }
      let tag = bytes[position...end]
      for _ in tag { step() }
      while position < bytes.count {
        if at(0) == UInt8(ascii: "$"), bytes[position...].starts(with: tag) {
          for _ in tag { step() }
          return
        }
        step()
      }
    }
  }
}
