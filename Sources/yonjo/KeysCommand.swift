import ArgumentParser
import Broker
import Foundation

/// `yonjo keys`
struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Make and rotate keys.", subcommands: [RootCommand.self, InitCommand.self, RotateCommand.self])

  /// `yonjo keys root`
  struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "root", abstract: "Make a root key file, readable by its owner alone.")

    @OptionGroup var common: CommonOptions

    @Option(help: "The file to make; one that exists is not touched.")
    var out: String

    private struct Report: Encodable {
      let file: String
    }

    func run() async throws {
      let text = RootKey.generate().fileText
      // Made with its mode, so that no moment leaves it open to others; never over another one.
      let descriptor = open(out, O_WRONLY | O_CREAT | O_EXCL, 0o600)
      guard descriptor >= 0 else {
        throw CommandFailure(
          .refused, errno == EEXIST ? "\(out) exists already." : "\(out) cannot be made.", nextStep: "Name another file.")
      }
      let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      do {
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
      } catch {
        throw CommandFailure(.partIsDown, "\(out) cannot be written.")
      }
      try Program.print(
        Report(file: out), asJSON: common.json, "Made \(out). Keep a copy where no database dump lies: without it nothing can be read.")
    }
  }

  /// `yonjo keys init`
  struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "init", abstract: "Make the platform's keys that are not there yet.")

    @OptionGroup var common: CommonOptions

    private struct Report: Encodable {
      let made: Int
    }

    func run() async throws {
      let settings = try await common.settings()
      let root = try Connections.rootKey(settings)
      let made = try await Connections.withPool(settings, .operatorDatabaseURL) { pool in
        try await KeyAdministration(database: Connections.database(pool), root: root, clock: SystemWallClock()).ensurePlatformKeys()
      }
      try Program.print(Report(made: made), asJSON: common.json, made == 0 ? "All platform keys are there." : "Made \(made) platform keys.")
    }
  }

  /// `yonjo keys rotate`
  struct RotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rotate", abstract: "Add a version of a key; what older versions made stays readable.",
      discussion:
        "With --tenant: \(TenantKeyPurpose.allCases.map(\.rawValue).joined(separator: ", ")). Without: \(PlatformKeyPurpose.allCases.map(\.rawValue).joined(separator: ", "))."
    )

    @OptionGroup var common: CommonOptions

    @Option(help: "What the key is for.")
    var purpose: String

    @Option(help: "The tenant whose key it is; without it a key of the platform.")
    var tenant: String?

    @Option(name: .customLong("overlap-days"), help: "How long the older edge or voprf key is still taken.")
    var overlapDays = 30

    private struct Report: Encodable {
      let purpose: String
      let version: Int
    }

    func validate() throws {
      guard (1...3650).contains(overlapDays) else { throw ValidationError("--overlap-days must be within 1…3650.") }
    }

    func run() async throws {
      let settings = try await common.settings()
      let root = try Connections.rootKey(settings)
      let rotation = try rotation()
      let version = try await Connections.withPool(settings, .operatorDatabaseURL) { pool in
        let keys = KeyAdministration(database: Connections.database(pool), root: root, clock: SystemWallClock())
        switch rotation {
        case .platform(let purpose): return try await keys.rotatePlatformKey(purpose)
        case .tenant(let id, let purpose):
          return try await keys.rotateTenantKey(id, purpose, overlapSeconds: TimeInterval(overlapDays) * 86_400)
        }
      }
      try Program.print(Report(purpose: purpose, version: version), asJSON: common.json, "The \(purpose) key is at version \(version).")
    }

    private enum Rotation {
      case platform(PlatformKeyPurpose)
      case tenant(TenantID, TenantKeyPurpose)
    }

    private func rotation() throws(CommandFailure) -> Rotation {
      guard let tenant else {
        guard let known = PlatformKeyPurpose(rawValue: purpose) else {
          throw CommandFailure(.badUse, "--purpose \(purpose) is no key of the platform.")
        }
        return .platform(known)
      }
      guard let id = TenantID(tenant) else { throw CommandFailure(.badUse, "--tenant must be an id that begins with ten_.") }
      guard let known = TenantKeyPurpose(rawValue: purpose) else {
        throw CommandFailure(.badUse, "--purpose \(purpose) is no key of a tenant.")
      }
      return .tenant(id, known)
    }
  }
}
