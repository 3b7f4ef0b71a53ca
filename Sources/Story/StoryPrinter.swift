import JOSE

/// Prints the story: coloured on a terminal, plain otherwise.
public final class StoryPrinter: StoryListener {
  private let colours: Bool
  private let brief: Bool
  private let write: @Sendable (String) -> Void

  /// - Parameters:
  ///   - colours: ANSI colours; leave them out where nobody looks at a terminal.
  ///   - brief: headings and confirmations alone.
  ///   - write: takes one line without its line break.
  public init(colours: Bool, brief: Bool = false, write: @escaping @Sendable (String) -> Void) {
    self.colours = colours
    self.brief = brief
    self.write = write
  }

  /// The heading.
  public func begins(_ step: StoryStep, number: Int, of total: Int) {
    write("")
    write(
      paint("── \(number)/\(total) · \(step.title) ", .heading)
        + paint(String(repeating: "─", count: max(4, 80 - Self.columns(step.title))), .faint))
  }

  /// A sentence, wrapped.
  public func tells(_ sentence: String) {
    if brief { return }
    for line in wrapped(sentence, at: 96) { write("  " + line) }
  }

  /// The request line and its body; both wait for the answer, so nothing is printed for a request that is lost.
  public func receives(_ exchange: StoryExchange) {
    if brief { return }
    let request = exchange.request
    write("")
    write("  " + paint("→ \(request.method) \(request.path)", .request) + paint("   as \(request.role.rawValue)", .faint))
    if let body = request.body { show(body, request.contentType) }
    let milliseconds = exchange.duration.components.seconds * 1000 + exchange.duration.components.attoseconds / 1_000_000_000_000_000
    let good = (200..<300).contains(exchange.status)
    write("  " + paint("← \(exchange.status)", good ? .good : .refused) + paint("   \(milliseconds) ms", .faint))
    if !exchange.body.isEmpty { show(exchange.body, exchange.headers.first { $0.name == "content-type" }?.value) }
  }

  /// Something outside the broker.
  public func notes(_ event: String) {
    if brief { return }
    write("")
    for (index, line) in wrapped(event, at: 94).enumerated() { write("  " + paint((index == 0 ? "✎ " : "  ") + line, .outside)) }
  }

  /// A met expectation.
  public func confirms(_ expectation: String) {
    write("  " + paint("✓", .good) + " " + expectation)
  }

  private func show(_ body: [UInt8], _ contentType: String?) {
    if contentType?.hasPrefix("application/x-ndjson") == true {
      for line in body.split(separator: UInt8(ascii: "\n")).prefix(4) {
        let value = try? JSONValue(parsing: Array(line))
        write("    " + (value.map { ReadableJSON.lines(of: $0).joined(separator: " ") } ?? "(unreadable line)"))
      }
    } else if let value = try? JSONValue(parsing: body) {
      for line in ReadableJSON.lines(of: value) { write("    " + line) }
    } else {
      write("    " + ReadableJSON.shortened(String(decoding: body, as: UTF8.self)))
    }
  }

  /// Places on a terminal: kana, kanji and full-width forms take two.
  private static func columns(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + ((0x2E80...0xFFDC).contains($1.value) ? 2 : 1) }
  }

  private enum Paint: String { case heading = "1;36", request = "1", good = "32", refused = "33", outside = "35", faint = "2" }

  private func paint(_ text: String, _ paint: Paint) -> String {
    colours ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
  }

  private func wrapped(_ text: String, at width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      if lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] = String(word)
      } else if Self.columns(lines[lines.count - 1]) + 1 + Self.columns(String(word)) <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
