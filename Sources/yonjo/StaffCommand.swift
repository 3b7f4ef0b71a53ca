import ArgumentParser
import Broker
import Foundation

/// `yonjo staff`
struct StaffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "staff", abstract: "Compliance staff of a tenant, who use its console.",
    subcommands: [CreateCommand.self, ListCommand.self, SuspendCommand.self, ResetCommand.self, ProviderCommand.self])

  /// A member as commands print it.
  struct Line: Encodable {
    let id: String
    let name: String
    let role: String
    let enrolled: Bool
    let lockedUntil: Date?
    let createdAt: Date
    let suspendedAt: Date?
    /// Shown once: where the account is set up.
    var enrolmentURL: String?
    /// Where the account signs in.
    var signInURL: String?

    init(_ member: StaffMember) {
      id = member.id.description
      name = member.name
      role = member.role.rawValue
      enrolled = member.isEnrolled
      lockedUntil = member.lockedUntil
      createdAt = member.createdAt
      suspendedAt = member.suspendedAt
    }

    var text: String {
      let standing = suspendedAt != nil ? " suspended" : enrolled ? "" : " invited"
      return "\(id)\t\(role)\(standing)\t\(name)"
        + (enrolmentURL.map { "\nset up once, within a day: \($0)" } ?? "") + (signInURL.map { "\nthen sign in at: \($0)" } ?? "")
    }
  }

  static func id(_ text: String) throws(CommandFailure) -> StaffID {
    guard let id = StaffID(text) else { throw CommandFailure(.badUse, "An account's id begins with stf_.") }
    return id
  }

  /// The work of every subcommand: settings, connection of the operator role, closing.
  static func administer<T: Sendable>(_ common: CommonOptions, _ body: (StaffAdministration) async throws -> T) async throws -> T {
    let settings = try await common.settings()
    let root = try Connections.rootKey(settings)
    return try await Connections.withPool(settings, .operatorDatabaseURL) { pool in
      try await body(StaffAdministration(database: Connections.database(pool), root: root, clock: SystemWallClock()))
    }
  }

  /// An invitation with its addresses.
  static func line(_ invitation: StaffInvitation, _ tenant: TenantID, _ common: CommonOptions) async throws -> Line {
    let issuer = try await common.settings().required(.issuer)
    var line = Line(invitation.member)
    line.enrolmentURL = "\(issuer)/console/\(tenant)/enrol/\(invitation.token)"
    line.signInURL = "\(issuer)/console/\(tenant)/sign-in"
    return line
  }

  /// `yonjo staff create`
  struct CreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create", abstract: "Make an account, and print once where it is set up.",
      discussion: "The page behind the link sets a password and the second factor (TOTP). The link is good for a day, once.")

    @OptionGroup var common: CommonOptions

    @Option(help: "The tenant whose staff it is.")
    var tenant: String

    @Option(help: "The name to sign in with: 1 to 64 visible ASCII characters.")
    var name: String

    @Option(help: "viewer, officer or administrator.")
    var role = StaffRole.viewer.rawValue

    func run() async throws {
      guard let role = StaffRole(rawValue: role) else {
        throw CommandFailure(.badUse, "--role must be viewer, officer or administrator.")
      }
      let tenant = try TenantCommand.id(tenant)
      let invitation = try await StaffCommand.administer(common) { staff in
        try await staff.create(tenant, name: name, role: role, operatorName: TenantCommand.operatorName)
      }
      let line = try await StaffCommand.line(invitation, tenant, common)
      try Program.print(line, asJSON: common.json, line.text)
    }
  }

  /// `yonjo staff list`
  struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List a tenant's accounts, oldest first.")

    private struct All: Encodable {
      let staff: [Line]
    }

    @OptionGroup var common: CommonOptions

    @Option(help: "The tenant whose staff it is.")
    var tenant: String

    func run() async throws {
      let tenant = try TenantCommand.id(tenant)
      let lines = try await StaffCommand.administer(common) { staff in try await staff.list(tenant).map(Line.init) }
      try Program.print(All(staff: lines), asJSON: common.json, lines.map(\.text).joined(separator: "\n"))
    }
  }

  /// `yonjo staff suspend`
  struct SuspendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "suspend", abstract: "Suspend an account, or let it in again. Its sessions end at once.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The account's id.")
    var id: String

    @Option(help: "The tenant whose staff it is.")
    var tenant: String

    @Flag(help: "Let it in again.")
    var resume = false

    func run() async throws {
      let (tenant, id) = (try TenantCommand.id(tenant), try StaffCommand.id(id))
      let line = try await StaffCommand.administer(common) { staff in
        Line(try await staff.suspend(tenant, id, !resume, operatorName: TenantCommand.operatorName))
      }
      try Program.print(line, asJSON: common.json, line.text)
    }
  }

  /// `yonjo staff reset`
  struct ResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reset", abstract: "End an account's password, second factor and sessions, and print once where new ones are set.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The account's id.")
    var id: String

    @Option(help: "The tenant whose staff it is.")
    var tenant: String

    func run() async throws {
      let (tenant, id) = (try TenantCommand.id(tenant), try StaffCommand.id(id))
      let invitation = try await StaffCommand.administer(common) { staff in
        try await staff.reset(tenant, id, operatorName: TenantCommand.operatorName)
      }
      let line = try await StaffCommand.line(invitation, tenant, common)
      try Program.print(line, asJSON: common.json, line.text)
    }
  }

  /// `yonjo staff provider`
  struct ProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "provider", abstract: "Let a tenant's staff sign in by the tenant's own identity provider (OpenID Connect).",
      discussion: """
        Accounts are made as ever; the provider vouches for who somebody is and gives no roles. The first time, an account is found by its name in the \
        ID token's claim; from then on by the token's subject. At the provider, register the redirect URI that this command prints.
        """)

    private struct Line: Encodable {
      let tenant: String
      let issuer: String?
      let redirectURI: String
    }

    @OptionGroup var common: CommonOptions

    @Option(help: "The tenant whose staff it is.")
    var tenant: String

    @Option(help: "The provider's issuer: an https:// address, as its discovery document says it.")
    var issuer: String?

    @Option(name: .customLong("client-id"), help: "What the provider calls the console.")
    var clientID: String?

    @Option(name: .customLong("client-secret-file"), help: "A file that holds the client's secret; without it, PKCE alone protects.")
    var clientSecretFile: String?

    @Option(name: .customLong("name-claim"), help: "The claim in which an account's name stands.")
    var nameClaim = "preferred_username"

    @Flag(help: "Password and code do not open the console any more.")
    var only = false

    @Flag(help: "Remove the provider; password and code open the console.")
    var remove = false

    func run() async throws {
      let tenant = try TenantCommand.id(tenant)
      let redirect = "\(try await common.settings().required(.issuer))/console/\(tenant)/provider/answer"
      guard remove || (issuer != nil && clientID != nil) else {
        throw CommandFailure(.badUse, "--issuer and --client-id are needed.", nextStep: "Or --remove.")
      }
      var secret: String?
      if let file = clientSecretFile { secret = try text(of: file).trimmingCharacters(in: .whitespacesAndNewlines) }
      let clientSecret = secret
      try await StaffCommand.administer(common) { staff in
        guard !remove, let issuer, let clientID else {
          return try await staff.removeProvider(tenant, operatorName: TenantCommand.operatorName)
        }
        let provider = try StaffProvider(
          issuer: issuer, clientID: clientID, clientSecret: clientSecret, nameClaim: nameClaim, allowsPasswords: !only)
        try await staff.setProvider(tenant, provider, operatorName: TenantCommand.operatorName)
      }
      let line = Line(tenant: tenant.description, issuer: remove ? nil : issuer, redirectURI: redirect)
      try Program.print(
        line, asJSON: common.json, remove ? "\(tenant)\tno provider" : "\(tenant)\t\(issuer ?? "")\nredirect URI: \(redirect)")
    }
  }
}
