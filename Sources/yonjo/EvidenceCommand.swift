import ArgumentParser
import Broker
import Foundation
import JOSE
import JPKI

/// `yonjo evidence`
struct EvidenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evidence", abstract: "Evidence envelopes (証跡原本): approve an opening, open one.",
    discussion: """
      Envelopes are sealed to the public key in evidence.publicKeyFile; its private half (P-256, PEM) lies offline:
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out evidence.key && openssl pkey -in evidence.key -pubout -out evidence.pub
      Who may approve stands in the directory evidence.approversDirectory: a public key NAME.pem for each.
      """,
    subcommands: [ApproveCommand.self, OpenCommand.self])

  static func id(_ text: String) throws(CommandFailure) -> EvidenceID {
    guard let id = EvidenceID(text) else { throw CommandFailure(.badUse, "An envelope's id begins with evd_.") }
    return id
  }

  /// A file's text, for commands that have a text of their own.
  static func file(_ path: String) throws(CommandFailure) -> String { try text(of: path) }

  /// The public half of the offline key, from the settings; nil where none is set.
  static func publicKey(_ settings: Settings) throws(CommandFailure) -> EvidencePublicKey? {
    guard let path = settings.text(.evidencePublicKeyFile) else { return nil }
    let text = try text(of: path)
    guard !text.contains("PRIVATE KEY") else {
      throw CommandFailure(
        .badUse, "\(path) holds a private key: whoever serves must not be able to read evidence.",
        nextStep: "Set the public half: openssl pkey -in FILE -pubout.")
    }
    guard let key = try? EvidencePublicKey(pemRepresentation: text) else {
      throw CommandFailure(.badUse, "\(path) is no public key (P-256, PEM).", nextStep: "See yonjo evidence --help.")
    }
    return key
  }

  /// `yonjo evidence approve ID`
  struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "approve", abstract: "Approve, with a key of one's own, that an envelope be opened; counts for a day.",
      discussion: "Prints the approval, to be kept in a file for `yonjo evidence open --approval`. Needs no database.")

    @Argument(help: "The envelope's id.")
    var id: String

    @Option(help: "Whose it is: the tenant's id.")
    var tenant: String

    @Option(help: "Who approves: the name of a key in evidence.approversDirectory.")
    var name: String

    @Option(help: ArgumentHelp("The approver's private key (P-256, PEM).", valueName: "file"))
    var key: String

    @Option(help: "Why, 1 to 500 characters; nothing personal.")
    var reason: String

    func run() async throws {
      guard (1...500).contains(reason.count) else { throw CommandFailure(.badUse, "--reason has 1 to 500 characters.") }
      guard let key = try? SigningKey(pemRepresentation: try text(of: key)) else {
        throw CommandFailure(.badUse, "\(key) is no private key (P-256, PEM).")
      }
      print(
        try EvidenceApproval.sign(
          envelope: try EvidenceCommand.id(id), of: try TenantCommand.id(tenant), approver: name, reason: reason, at: Date(), key: key))
    }
  }

  /// `yonjo evidence open ID`
  struct OpenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "open", abstract: "Open an envelope with the offline key and two persons' approvals, and prove its signature again.",
      discussion: """
        Recorded (evidence_openings, audit event evidenceOpened) before anything is told. Without --out only the finding is printed.
        Exit code 0: the signature is proven; 1: it is not, or the opening is refused; 2: bad use; 3: the database is down.
        """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The envelope's id.")
    var id: String

    @Option(help: "Whose it is: the tenant's id.")
    var tenant: String

    @Option(help: ArgumentHelp("The offline key (P-256, PEM).", valueName: "file"))
    var key: String

    @Option(name: .customLong("approval"), help: ArgumentHelp("An approval; give two.", valueName: "file"))
    var approvals: [String] = []

    @Option(
      help: ArgumentHelp("Where to put signature, certificate (it holds items) and proofs; made with mode 0700.", valueName: "directory"))
    var out: String?

    private struct Report: Encodable {
      let id: String
      let verificationId: String
      let kind: EvidenceKind
      let checkedAt: Date
      let result: String
      let reason: String?
      let revocationMethod: String
      let revocation: String
      let revocationSourceTime: Date?
      let approvers: [String]
      let parts: [String]
    }

    func run() async throws {
      let settings = try await common.settings()
      let id = try EvidenceCommand.id(id)
      let tenant = try TenantCommand.id(tenant)
      guard let offline = try? EvidencePrivateKey(pemRepresentation: try EvidenceCommand.file(key)) else {
        throw CommandFailure(.badUse, "\(key) is no private key (P-256, PEM).")
      }
      let opening = EvidenceAdministration.Opening(
        envelope: id, tenant: tenant, key: offline,
        approvals: try approvals.map { path throws(CommandFailure) in try EvidenceCommand.file(path) },
        approvers: try Self.approvers(settings), operatorName: TenantCommand.operatorName)
      let verifier = CardVerifier(trust: try TrustSettings.store(settings), policies: try TrustSettings.policies(settings))
      let opened = try await Connections.withPool(settings, .operatorDatabaseURL) { pool in
        try await EvidenceAdministration(database: Connections.database(pool), clock: SystemWallClock()).open(opening, verifier: verifier)
      }
      if let out { try Self.write(opened.parts, to: out) }
      let report = Report(
        id: opened.envelope.id.description, verificationId: opened.envelope.verificationID.description, kind: opened.envelope.kind,
        checkedAt: opened.checkedAt, result: opened.result, reason: opened.reason, revocationMethod: opened.revocationMethod,
        revocation: opened.revocation, revocationSourceTime: opened.sourceTime, approvers: opened.approvers,
        parts: opened.parts.keys.sorted())
      try Program.print(report, asJSON: common.json, Self.text(report))
      if report.result != VerificationResult.ok.rawValue { Program.end(1) }
    }

    /// One public key a person: `NAME.pem`.
    private static func approvers(_ settings: Settings) throws(CommandFailure) -> [String: JSONWebKey] {
      let directory = try settings.required(.evidenceApproversDirectory)
      guard let files = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
        throw CommandFailure(.badUse, "\(directory) cannot be read.", nextStep: "See evidence.approversDirectory.")
      }
      var keys: [String: JSONWebKey] = [:]
      for file in files.sorted() where file.hasSuffix(".pem") {
        keys[String(file.dropLast(4))] = try PublicKeyFile.read(directory + "/" + file)
      }
      return keys
    }

    private static func write(_ parts: [String: [UInt8]], to directory: String) throws(CommandFailure) {
      do {
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      } catch {
        throw CommandFailure(.badUse, "\(directory) cannot be made; it must not be there yet.")
      }
      for (name, bytes) in parts {
        guard FileManager.default.createFile(atPath: directory + "/" + name, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        else { throw CommandFailure(.badUse, "\(directory)/\(name) cannot be written.") }
      }
    }

    private static func text(_ report: Report) -> String {
      let outcome = report.result + (report.reason.map { " (\($0))" } ?? "")
      let source = report.revocationSourceTime.map { ", as of " + Instant.text($0) } ?? ""
      return """
        envelope     \(report.id), \(report.kind.rawValue)
        verification \(report.verificationId), checked \(Instant.text(report.checkedAt))
        signature    \(outcome)
        revocation   \(report.revocationMethod): \(report.revocation)\(source)
        approved by  \(report.approvers.joined(separator: ", "))
        """
    }
  }
}
