/// `CertificateReport` and the table of rules for people: no line is longer than a terminal's 80 columns.
extension CertificateReport {
  /// The report in lines; the path first, since it decides, then what fails, then everything.
  public var text: String {
    var lines: [String] = []
    if let path { lines += Self.lines(path) + [""] }
    lines += Self.lines(profile)
    return lines.joined(separator: "\n")
  }

  private static func lines(_ path: Path) -> [String] {
    var lines: [String] = []
    if path.valid {
      lines += Columns.wrapped("✓ The path is valid.", hanging: 2)
    } else {
      lines += Columns.wrapped(
        "✗ The path is not valid: \(path.reason) (OpenSSL's error \(path.error), at depth \(path.depth)).", hanging: 2)
      if let nextStep = path.nextStep { lines += Columns.wrapped("  " + nextStep, hanging: 2) }
    }
    lines += Columns.wrapped(
      path.revocationChecked
        ? "  Each certificate of the path was looked up in the revocation lists."
        : "  Revocation was not looked at: no list was handed in.", hanging: 2)
    for link in path.chain {
      let signature = link.signatureBits.map { "\($0) bits" } ?? "unknown"
      let name = link.input == "certificate" ? "the certificate" : "\(link.input) \(link.position)"
      lines.append("  depth \(link.depth)  \(Columns.padded(name, 18))  key \(link.keyBits) bits, signed with \(signature)")
    }
    return lines
  }

  private static func lines(_ profile: Profile) -> [String] {
    let what =
      switch profile.role {
      case "root": "a root for \(profile.kind) certificates"
      case "authentication": "an authentication certificate"
      default: "a signing certificate"
      }
    let place = [profile.environment, profile.medium, profile.version].compactMap { $0 }.joined(separator: ", ")
    var lines = Columns.wrapped("Measured as \(what) (\(place)).", hanging: 2)
    if let reason = profile.reason {
      lines += Columns.wrapped("✗ A verifier refuses it: \(reason).", hanging: 2)
    } else {
      lines += Columns.wrapped("✓ Every rule that refuses holds. The profile does not tell whether it is revoked.", hanging: 2)
    }
    if let fingerprint = profile.rootFingerprint {
      lines += ["  Compare its SHA-256 with the one that its authority publishes:", "  " + fingerprint]
    }
    if let items = profile.items {
      lines += Columns.wrapped(
        "  Items: " + items.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "), hanging: 9)
    }
    lines.append("")
    return lines + profile.findings.flatMap(Self.lines)
  }

  private static func lines(_ finding: Finding) -> [String] {
    let mark =
      switch finding.state {
      case .holds: "✓"
      case .notExamined: "?"
      case .fails: finding.refuses ? "✗" : "·"
      }
    var note = "\(finding.rule) · \(finding.source) · \(finding.confidence)"
    switch finding.state {
    case .holds: break
    case .notExamined: note += " → not examined: no root is at hand"
    case .fails: note += finding.refuses ? " → refused: \(finding.reason)" : " → only observed"
    }
    return Columns.wrapped("\(mark) \(finding.sentence)", hanging: 2) + Columns.wrapped("    " + note, hanging: 4)
  }
}

/// Text in columns.
enum Columns {
  /// As wide as a terminal is at least.
  static let width = 80

  /// Breaks at spaces; lines after the first are indented by `hanging`. A word longer than a line stays whole.
  static func wrapped(_ text: String, hanging: Int) -> [String] {
    let indent = String(text.prefix { $0 == " " })
    var lines: [String] = []
    var line = indent
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = String(repeating: " ", count: hanging)
        isEmpty = true
      }
      line += isEmpty ? String(word) : " " + word
      isEmpty = false
    }
    return lines + [line]
  }

  static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
