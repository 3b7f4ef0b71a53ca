import Configuration
import Foundation
import PostgreSQL
import SystemPackage

/// The settings in force: flags, then `YONJO_…` variables, then the JSON file, then defaults.
struct Settings {
  private struct Source {
    let name: String
    let reader: ConfigReader
  }

  private let sources: [Source]

  /// - Parameters:
  ///   - flags: what was given on the command line.
  ///   - file: the JSON file; nil takes `YONJO_CONFIG_FILE`, if that is set.
  init(flags: [SettingKey: String], file: String?) async throws(CommandFailure) {
    let given = InMemoryProvider(
      name: "flags",
      values: Dictionary(
        uniqueKeysWithValues: flags.map { (AbsoluteConfigKey(ConfigKey($0.key.rawValue)), ConfigValue(.string($0.value), isSecret: true)) })
    )
    var sources = [
      Source(name: "flag", reader: ConfigReader(provider: given)),
      Source(name: "environment", reader: ConfigReader(provider: EnvironmentVariablesProvider().prefixKeys(with: "yonjo"))),
    ]
    if let path = file ?? ProcessInfo.processInfo.environment["YONJO_CONFIG_FILE"] {
      do {
        sources.append(Source(name: "file", reader: ConfigReader(provider: try await FileProvider<JSONSnapshot>(filePath: FilePath(path)))))
      } catch {
        throw CommandFailure(.badUse, "The settings file \(path) cannot be read as JSON.")
      }
    }
    self.sources = sources
  }

  /// The value in force and where it comes from.
  func find(_ key: SettingKey) -> (value: String, source: String)? {
    for source in sources {
      if let value = Self.read(source.reader, ConfigKey(key.rawValue)) { return (value, source.name) }
    }
    return key.fallback.map { ($0, "default") }
  }

  /// A JSON file may hold numbers and booleans as such.
  private static func read(_ reader: ConfigReader, _ key: ConfigKey) -> String? {
    if let text = reader.string(forKey: key) { return text }
    if let number = reader.int(forKey: key) { return String(number) }
    return reader.bool(forKey: key).map { String($0) }
  }

  func text(_ key: SettingKey) -> String? { find(key).flatMap { $0.value.isEmpty ? nil : $0.value } }

  func required(_ key: SettingKey) throws(CommandFailure) -> String {
    guard let value = text(key) else {
      throw CommandFailure(
        .badUse, "\(key.rawValue) is not set.", nextStep: "Set \(key.variable), or \(key.rawValue) in the settings file.")
    }
    return value
  }

  func integer(_ key: SettingKey, _ range: ClosedRange<Int>) throws(CommandFailure) -> Int {
    let text = try required(key)
    guard let number = Int(text), range.contains(number) else {
      throw CommandFailure(
        .badUse, "\(key.rawValue) must be an integer within \(range.lowerBound)…\(range.upperBound).", nextStep: "Correct \(key.variable).")
    }
    return number
  }

  func boolean(_ key: SettingKey) throws(CommandFailure) -> Bool {
    switch try required(key).lowercased() {
    case "true", "yes", "1", "on": return true
    case "false", "no", "0", "off": return false
    default: throw CommandFailure(.badUse, "\(key.rawValue) must be true or false.", nextStep: "Correct \(key.variable).")
    }
  }

  /// The value as it may be shown: of a database URL host, port, database and user.
  func shown(_ key: SettingKey) -> String? {
    guard let value = text(key) else { return nil }
    guard key.isDatabaseURL else { return value }
    return String(PostgreSQLConfiguration(url: value).description.drop { $0 != "(" }.dropFirst().dropLast())
  }
}
