/// Where new RSA keys come from. Making one takes some hundred milliseconds, which tests and load generators need not pay each time.
public enum KeySource: Sendable, Equatable {
  /// Every key is new: the only choice where the keys mean something.
  case fresh
  /// The n-th key asked for is the n-th of a series kept in `directory` for all simulators that name the series: for tests.
  /// Two simulators of one series have the same keys, so simulators that must not trust each other need different series.
  case series(directory: String, name: String)
  /// Like `series`, but after `size` keys it begins again from the first: for load generators whose thousands of cards may share keys.
  case pool(directory: String, size: Int)
}

/// Hands out keys of a ``KeySource``. Which number a key has is counted in the state, so that a second process goes on where the first ended.
struct KeyMaker: Sendable {
  let source: KeySource

  func make(number: Int) throws -> RSAKey {
    switch source {
    case .fresh: return try RSAKey.generate()
    case .series(let directory, let name): return try kept(directory, "\(Self.plain(name))-\(number)")
    case .pool(let directory, let size): return try kept(directory, "pool-\(number % max(1, size))")
    }
  }

  private static func plain(_ name: String) -> String {
    String(name.unicodeScalars.map { $0.isASCII && $0.properties.isAlphabetic ? Character($0) : "_" })
  }

  /// The key of that name, made and kept first where absent. Two processes may try at once: the first to link its file wins and both use it.
  private func kept(_ directory: String, _ name: String) throws -> RSAKey {
    let path = "\(directory)/\(name).der"
    if let bytes = try? PrivateFile.read(path) { return try RSAKey(der: bytes) }
    try PrivateFile.makeDirectory(directory)
    let key = try RSAKey.generate()
    guard try PrivateFile.createOnce(path, key.der) else { return try RSAKey(der: PrivateFile.read(path)) }
    return key
  }
}
