import ArgumentParser
import Foundation
import JPKI
import Operations

/// `yonjo certificate`
struct CertificateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate", abstract: "Look at certificates, and at the rules for them.",
    subcommands: [ExplainCommand.self, RulesCommand.self])

  /// `yonjo certificate explain FILE`
  struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain", abstract: "Say rule by rule what of the profile holds in a certificate, and validate its path.",
      discussion: """
        Prints no item, name or serial number: rules, positions and reasons alone. Files are DER or PEM; those of intermediates, anchors and lists may hold
        several in PEM.

        Without --anchor: the profile, measured against the roots of trust.directory (if that is set), revocation aside. Exit code 0: every rule that
        refuses holds; 1: one does not.

        With --anchor: any chain of up to 16 intermediates, by OpenSSL: strictly, with policies, SHA-1 and keys below 112 bits refused. With --crl too, every
        certificate of the path must be in good standing by the lists handed in, which may be full, partial, indirect or delta. Exit code 0: the path is
        valid; 1: it is not; what the profile says stands beside it and changes nothing.

        Exit code 2: bad use.
        """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The certificate, DER or PEM.")
    var file: String

    @Option(help: "signing or authentication; by its issuer if absent.")
    var kind: String?

    @Option(help: ArgumentHelp("A root at which the path may end; may be repeated.", valueName: "file"))
    var anchor: [String] = []

    @Option(help: ArgumentHelp("A certificate that may stand between; may be repeated.", valueName: "file"))
    var intermediate: [String] = []

    @Option(help: ArgumentHelp("A revocation list; may be repeated.", valueName: "file"))
    var crl: [String] = []

    @Option(help: "As of this time (RFC 3339); now if absent.")
    var at: String?

    func run() async throws {
      let instant = try Instant.read(at)
      guard !anchor.isEmpty || (intermediate.isEmpty && crl.isEmpty) else {
        throw CommandFailure(
          .badUse, "--intermediate and --crl make a path only together with --anchor.",
          nextStep: "Name the root that you trust with --anchor.")
      }
      var material = PathMaterial()
      try Self.add(anchor, .anchor, to: &material)
      try Self.add(intermediate, .intermediate, to: &material)
      try Self.add(crl, .revocationList, to: &material)
      let der = try Self.certificate(file)
      let explanation = try await explain(der, material, at: instant)
      let report = CertificateReport(explanation, path: try path(der, material, at: instant), at: instant)
      try Program.print(report, asJSON: common.json, report.text)
      if !report.verified { Program.end(1) }
    }

    /// Measured against the anchors handed in, else against those of the settings, else without any.
    private func explain(_ der: [UInt8], _ material: PathMaterial, at instant: Date) async throws -> CertificateExplanation {
      let kind = try Self.kind(kind)
      let settings = try await common.settings()
      let policies = try TrustSettings.policies(settings)
      guard anchor.isEmpty else {
        return CertificateExplanation(der, kind: kind, roots: material.anchors, policies: policies, at: instant)
      }
      guard settings.text(.trustDirectory) != nil else {
        return CertificateExplanation(der, kind: kind, policies: policies, at: instant)
      }
      let trust = try TrustSettings.store(settings)
      return CertificateExplanation(
        der, kind: kind, environment: trust.environment, roots: trust.anchors.map(\.der), policies: policies, at: instant)
    }

    private func path(_ der: [UInt8], _ material: PathMaterial, at instant: Date) throws(CommandFailure) -> PathResult? {
      guard !anchor.isEmpty else { return nil }
      do throws(PathInputError) {
        return try CertificationPath.validate(der, with: material, at: instant)
      } catch .malformed(.certificate, _) {
        throw CommandFailure(.refused, "\(file) is no X.509 certificate.")
      } catch {
        throw CommandFailure(.badUse, "\(error)")
      }
    }

    private static func kind(_ text: String?) throws(CommandFailure) -> CertificateKind? {
      guard let text else { return nil }
      guard let kind = CertificateKind(rawValue: text) else { throw CommandFailure(.badUse, "--kind must be signing or authentication.") }
      return kind
    }

    private static func certificate(_ file: String) throws(CommandFailure) -> [UInt8] {
      let bytes = try contents(of: file, as: .certificate)
      do throws(PathInputError) {
        return try PathMaterial.certificate(file: bytes)
      } catch .empty {
        throw CommandFailure(.refused, "\(file) is no X.509 certificate.", nextStep: "Hand in one certificate, DER or PEM.")
      } catch {
        throw CommandFailure(.badUse, "\(file): \(error)")
      }
    }

    private static func add(_ files: [String], _ input: PathInput, to material: inout PathMaterial) throws(CommandFailure) {
      for file in files {
        let bytes = try contents(of: file, as: input)
        do throws(PathInputError) {
          try material.add(file: bytes, as: input)
        } catch {
          throw CommandFailure(.badUse, "\(file): \(error)")
        }
      }
    }
  }

  /// `yonjo certificate rules`
  struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rules", abstract: "Print the profile: each rule, its source, how sure that is, and what a breach is called.")

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(help: "Only the rules for signing or authentication certificates, or for roots (root).")
    var role: String?

    func run() async throws {
      let table = ProfileTable(role: try Self.role(role))
      try Program.print(table, asJSON: json, table.text)
    }

    private static func role(_ text: String?) throws(CommandFailure) -> ProfileRule.Role? {
      guard let text else { return nil }
      guard let role = ProfileRule.Role(rawValue: text) else {
        throw CommandFailure(.badUse, "--role must be one of \(ProfileRule.Role.allCases.map(\.rawValue).joined(separator: ", ")).")
      }
      return role
    }
  }
}

/// The bytes of a file that a path is made of. PEM takes four bytes for three, and may have text around it.
private func contents(of path: String, as input: PathInput) throws(CommandFailure) -> [UInt8] {
  let limit =
    switch input {
    case .certificate: 1 << 20
    case .intermediate, .anchor: 8 << 20
    case .revocationList: input.maximumBytes / 2 * 3
    }
  return try contents(of: path, atMost: limit)
}

/// The trust store that the settings name.
enum TrustSettings {
  static func store(_ settings: Settings) throws(CommandFailure) -> TrustStore {
    let directory = try settings.required(.trustDirectory)
    let environment = try environment(settings)
    let versions = try versions(settings)
    do throws(TrustStoreError) {
      return try TrustStore.load(directory: directory, environment: environment, versions: versions)
    } catch {
      throw CommandFailure(.badUse, "\(error)", nextStep: "Check trust.directory and trust.environment.")
    }
  }

  /// The versions of the profile that roots may be of.
  static func versions(_ settings: Settings) throws(CommandFailure) -> Set<ProfileVersion> {
    let names = list(try settings.required(.trustProfileVersions))
    let versions = Set(names.compactMap(ProfileVersion.init))
    guard !versions.isEmpty, versions.count == Set(names).count else {
      throw CommandFailure(
        .badUse, "trust.profileVersions must be a list of \(ProfileVersion.allCases.map(\.rawValue).joined(separator: ", ")).",
        nextStep: "Such as \(SettingKey.trustProfileVersions.variable)=rsa2048,p384.")
    }
    return versions
  }

  /// The policies that are accepted beside those that are known.
  static func policies(_ settings: Settings) throws(CommandFailure) -> [JPKIProfile.Policy] {
    var policies: [JPKIProfile.Policy] = []
    for text in list(settings.text(.trustPolicies) ?? "") {
      guard let policy = JPKIProfile.Policy(text) else {
        throw CommandFailure(
          .badUse, "trust.policies must be a list of policies such as 1.2.3.4=authentication/iphone.",
          nextStep:
            "Identifier, kind (signing, authentication) and medium (card, android, iphone); `yonjo certificate rules` prints those known.")
      }
      policies.append(policy)
    }
    return policies
  }

  private static func list(_ text: String) -> [String] {
    text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  static func environment(_ settings: Settings) throws(CommandFailure) -> TrustEnvironment {
    guard let environment = TrustEnvironment(rawValue: try settings.required(.trustEnvironment)) else {
      throw CommandFailure(
        .badUse, "trust.environment must be one of \(TrustEnvironment.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return environment
  }
}
