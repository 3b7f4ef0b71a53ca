internal import Foundation

/// A file, or standard input, read forward in pieces. Holds one piece in memory.
final class InputFile {
  /// What was read so far, in bytes.
  private(set) var position = 0
  /// The length of the file in bytes; nil where it has none, as a pipe.
  let length: Int?
  private let handle: FileHandle
  private let name: String
  private let ownsHandle: Bool

  static let pieceLength = 1 << 18

  init(path: String) throws(LedgerToolError) {
    var isDirectory = ObjCBool(false)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory.boolValue,
      let handle = FileHandle(forReadingAtPath: path)
    else { throw .unreadable(path) }
    self.handle = handle
    ownsHandle = true
    name = path
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    length = (attributes?[.type] as? FileAttributeType) == .typeRegular ? (attributes?[.size] as? NSNumber)?.intValue : nil
  }

  init(standardInput: FileHandle) {
    handle = standardInput
    ownsHandle = false
    name = "standard input"
    length = nil
  }

  deinit {
    if ownsHandle { try? handle.close() }
  }

  /// Appends the next piece to what was read before.
  ///
  /// - Returns: whether there was one.
  func read(into bytes: inout [UInt8]) throws(LedgerToolError) -> Bool {
    do {
      guard let piece = try handle.read(upToCount: Self.pieceLength), !piece.isEmpty else { return false }
      bytes.append(contentsOf: piece)
      position += piece.count
      return true
    } catch {
      throw .unreadable(name)
    }
  }
}
