internal import Foundation

/// What a path may be made of, in DER, within the limits of `PathInput`.
public struct PathMaterial: Sendable {
  /// Roots, in the order in which they came.
  public private(set) var anchors: [[UInt8]] = []
  /// Certificates between.
  public private(set) var intermediates: [[UInt8]] = []
  /// Revocation lists.
  public private(set) var revocationLists: [[UInt8]] = []

  private var revocationListBytes = 0

  /// Nothing yet.
  public init() {}

  /// Adds what a file holds: one in DER, or any number in PEM.
  ///
  /// - Returns: how many were added.
  @discardableResult public mutating func add(file: [UInt8], as input: PathInput) throws(PathInputError) -> Int {
    let found = try Self.read(file, as: input)
    for der in found { try add(der, as: input) }
    return found.count
  }

  /// The one certificate of a file, DER or PEM; text around PEM is passed over.
  public static func certificate(file: [UInt8]) throws(PathInputError) -> [UInt8] {
    let found = try read(file, as: .certificate)
    guard found.count == 1 else { throw .tooMany(.certificate) }
    guard found[0].count <= PathInput.certificate.maximumBytes else { throw .tooLarge(.certificate) }
    return found[0]
  }

  private mutating func add(_ der: [UInt8], as input: PathInput) throws(PathInputError) {
    guard der.count <= input.maximumBytes else { throw .tooLarge(input) }
    switch input {
    case .anchor:
      guard anchors.count < input.maximumCount else { throw .tooMany(input) }
      anchors.append(der)
    case .intermediate, .certificate:
      guard intermediates.count < input.maximumCount else { throw .tooMany(input) }
      intermediates.append(der)
    case .revocationList:
      guard revocationLists.count < input.maximumCount else { throw .tooMany(input) }
      revocationListBytes += der.count
      guard revocationListBytes <= input.maximumBytes else { throw .tooLarge(input) }
      revocationLists.append(der)
    }
  }

  private static func read(_ file: [UInt8], as input: PathInput) throws(PathInputError) -> [[UInt8]] {
    if isOneElement(file) { return [file] }
    let isArmored = file.firstRange(of: Array("-----BEGIN ".utf8)) != nil
    // Whoever reads the element will say what is wrong with it.
    return !isArmored && file.first == DERTag.sequence ? [file] : try armored(file, as: input)
  }

  /// Whether the file is as long as the SEQUENCE at its beginning says: PEM could begin with the same byte, which is the digit zero.
  private static func isOneElement(_ file: [UInt8]) -> Bool {
    guard file.count >= 2, file[0] == DERTag.sequence else { return false }
    guard file[1] >= 0x80 else { return file.count == 2 + Int(file[1]) }
    let count = Int(file[1] & 0x7F)
    guard (1...4).contains(count), file.count >= 2 + count else { return false }
    return file.count == 2 + count + file[2..<(2 + count)].reduce(0) { $0 << 8 | Int($1) }
  }

  /// The blocks with the label wanted (RFC 7468 §2); others, and text between, are passed over.
  private static func armored(_ file: [UInt8], as input: PathInput) throws(PathInputError) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var body: [UInt8]?
    for line in file.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces)
      if text == "-----BEGIN \(input.label)-----" {
        guard body == nil else { throw .armor(input) }
        body = []
      } else if text == "-----END \(input.label)-----" {
        guard let lines = body, let data = Data(base64Encoded: Data(lines)), !data.isEmpty else { throw .armor(input) }
        found.append([UInt8](data))
        guard found.count <= input.maximumCount else { throw .tooMany(input) }
        body = nil
      } else if body != nil {
        body?.append(contentsOf: text.utf8)
      }
    }
    guard body == nil else { throw .armor(input) }
    guard !found.isEmpty else { throw .empty(input) }
    return found
  }
}
