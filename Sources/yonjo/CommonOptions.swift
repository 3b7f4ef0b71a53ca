import ArgumentParser
import Foundation
import Logging
import BrokerAPI

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
  @Option(help: "A JSON file with settings.")
  var config: String?

  @Option(name: .customLong("set"), help: ArgumentHelp("A setting in place of variable and file; may be repeated.", valueName: "key=value"))
  var set: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  /// The same settings for a process of this one's own.
  var arguments: [String] { (config.map { ["--config", $0] } ?? []) + set.flatMap { ["--set", $0] } }

  /// The settings in force, those of the command's own flags first.
  func settings(_ own: [SettingKey: String?] = [:]) async throws(CommandFailure) -> Settings {
    var flags: [SettingKey: String] = [:]
    for pair in set {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let key = SettingKey(rawValue: String(parts[0])) else {
        throw CommandFailure(
          .badUse, "--set \(parts.first ?? ""): there is no such setting.", nextStep: "`yonjo doctor` lists all of them.")
      }
      flags[key] = String(parts[1])
    }
    for (key, value) in own { if let value { flags[key] = value } }
    return try await Settings(flags: flags, file: config)
  }

  /// A logger that writes JSON lines to standard error.
  static func logger(_ settings: Settings, label: String = "yonjo") throws(CommandFailure) -> Logger {
    let text = try settings.required(.logLevel)
    guard let level = Logger.Level(rawValue: text) else {
      throw CommandFailure(.badUse, "log.level must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return Logger(label: label) { JSONLogHandler(label: $0, level: level, sink: .standardError) }
  }

  /// For commands that speak to people: only what goes wrong is logged.
  static func quietLogger(label: String = "yonjo") -> Logger {
    Logger(label: label) { JSONLogHandler(label: $0, level: .error, sink: .standardError) }
  }
}

/// A file's bytes, or a failure that names it.
func contents(of path: String, atMost limit: Int = 1 << 20) throws(CommandFailure) -> [UInt8] {
  guard let handle = FileHandle(forReadingAtPath: path) else { throw CommandFailure(.badUse, "\(path) cannot be read.") }
  defer { try? handle.close() }
  var bytes: [UInt8] = []
  // What has no end (a device, a pipe) is not read to it.
  while bytes.count <= limit {
    let data: Data?
    do { data = try handle.read(upToCount: min(1 << 20, limit + 1 - bytes.count)) } catch {
      throw CommandFailure(.badUse, "\(path) cannot be read.")
    }
    guard let data, !data.isEmpty else { return bytes }
    bytes.append(contentsOf: data)
  }
  throw CommandFailure(.badUse, "\(path) has more than \(limit) bytes.")
}

/// The same as text.
func text(of path: String) throws(CommandFailure) -> String {
  guard let text = String(validating: try contents(of: path), as: UTF8.self) else { throw CommandFailure(.badUse, "\(path) is not UTF-8.") }
  return text
}
