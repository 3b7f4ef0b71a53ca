import Crypto
import Foundation

/// One file of Migrations/.
struct MigrationFile: Sendable {
  /// The first line of a file whose statements must not run in a transaction (`CREATE INDEX CONCURRENTLY`). Each of them must be repeatable,
  /// because those before a failing one stay.
  static let noTransactionMark = "-- yonjo: no transaction"

  let number: Int
  let name: String
  /// SHA-256 of the bytes, in hexadecimal.
  let checksum: String
  let runsInTransaction: Bool
  let statements: [SQLScript.Statement]

  /// All `*.sql` of a directory in the order of their numbers.
  static func all(in directory: String) throws(MigrationError) -> [MigrationFile] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else { throw .unreadable(directory) }
    var files: [MigrationFile] = []
    for name in names.sorted() where name.hasSuffix(".sql") {
      let file = try MigrationFile(name: name, directory: directory)
      if let last = files.last, last.number == file.number { throw .sameNumber(last.name, name) }
      files.append(file)
    }
    return files
  }

  private init(name: String, directory: String) throws(MigrationError) {
    let parts = name.split(separator: "_", maxSplits: 1)
    guard parts.count == 2, parts[0].utf8.count == 4, parts[0].utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(parts[0]),
      number > 0
    else { throw .invalidName(name) }
    guard let data = FileManager.default.contents(atPath: directory + "/" + name), let text = String(validating: data, as: UTF8.self) else {
      throw .unreadable(name)
    }
    self.number = number
    self.name = name
    checksum = SHA256.hash(data: data).map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    runsInTransaction = !text.hasPrefix(Self.noTransactionMark)
    statements = SQLScript.statements(of: text)
    for statement in statements where statement.controlsTransactions { throw .controlsTransactions(file: name, line: statement.line) }
  }
}
