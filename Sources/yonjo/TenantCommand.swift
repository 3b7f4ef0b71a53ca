import ArgumentParser
import Broker
import CitizenItems
import Foundation

/// `yonjo tenant`
struct TenantCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tenant", abstract: "Tenants of the platform (サービス提供者).",
    subcommands: [
      CreateCommand.self, ListCommand.self, ShowCommand.self, SuspendCommand.self, RevocationCommand.self, OverrideCommand.self,
      AllowCommand.self, RetentionCommand.self,
    ])

  /// A tenant as commands print it.
  struct Line: Encodable {
    let id: String
    let name: String
    let status: String
    let sandbox: Bool
    let revocationPolicy: String
    let fallbackSeconds: Int
    let revocationOverride: RevocationOverride?
    let tagScheme: String
    let allowances: RateAllowances
    let createdAt: Date
    let suspendedAt: Date?

    init(_ tenant: Tenant) {
      id = tenant.id.description
      name = tenant.name
      status = tenant.status.rawValue
      sandbox = tenant.isSandbox
      revocationPolicy = tenant.revocationPolicy.rawValue
      fallbackSeconds = tenant.fallbackSeconds
      revocationOverride = tenant.revocationOverride
      tagScheme = tenant.tagScheme.rawValue
      allowances = tenant.allowances
      createdAt = tenant.createdAt
      suspendedAt = tenant.suspendedAt
    }

    var text: String {
      "\(id)\t\(status)\(sandbox ? " sandbox" : "")\(suspendedAt == nil ? "" : " suspended")\(tagScheme == "hmac" ? "" : " \(tagScheme)")\t\(name)"
    }

    /// What it may ask in a minute.
    var allowanceText: String {
      "  a minute: \(allowances.lookUp) look-ups (\(allowances.lookUpsPerTag) of one tag), \(allowances.signature) signatures "
        + "(\(allowances.signaturesPerCard) of one card), \(allowances.evaluation) evaluations"
    }

    /// What decides on revocation, one thing a line.
    var revocationText: String {
      let fallback = "a list stands in for OCSP up to \(fallbackSeconds / 3600) h \(fallbackSeconds % 3600 / 60) min after its thisUpdate"
      let override =
        revocationOverride.map {
          "OVERRIDE until \(Instant.text($0.until))\($0.until <= Date() ? " (over)" : ""): unknown revocation passes; by \($0.by): \($0.reason)"
        } ?? "no override: unknown revocation is refused"
      return ["  revocation \(revocationPolicy)", "  " + fallback, "  " + override].joined(separator: "\n")
    }
  }

  static func id(_ text: String) throws(CommandFailure) -> TenantID {
    guard let id = TenantID(text) else { throw CommandFailure(.badUse, "A tenant's id begins with ten_.") }
    return id
  }

  /// The work of every subcommand: settings, connection of the operator role, closing.
  static func administer<T: Sendable>(_ common: CommonOptions, _ body: (TenantAdministration) async throws -> T) async throws -> T {
    let settings = try await common.settings()
    let root = try Connections.rootKey(settings)
    return try await Connections.withPool(settings, .operatorDatabaseURL) { pool in
      try await body(TenantAdministration(database: Connections.database(pool), root: root, clock: SystemWallClock()))
    }
  }

  /// Who did it, for the audit log: the account that runs the command.
  static var operatorName: String { NSUserName() }

  /// `yonjo tenant create`
  struct CreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create", abstract: "Make a tenant with its keys and its first service.", discussion: "A tenant is born notVerifier.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Its name, 1 to 200 characters.")
    var name: String

    @Option(help: "notVerifier, or deemedVerifier for one that entrusts its whole verification to the operator (施行規則29条).")
    var status = VerifierStatus.notVerifier.rawValue

    @Flag(help: "A sandbox may send plain card fields.")
    var sandbox = false

    @Option(name: .customLong("revocation-policy"), help: "crl, ocsp or ocspThenCrl.")
    var revocationPolicy = RevocationPolicy.ocspThenCrl.rawValue

    @Option(
      name: .customLong("tag-scheme"),
      help: "hmac: the bank gets the edge key. voprf: it blinds, the broker evaluates, nobody else can guess (RFC 9497). For good.")
    var tagScheme = TagScheme.hmac.rawValue

    @Option(name: .customLong("registered-key"), help: "Public key (PEM or JWK) to which its tag keys are handed over.")
    var registeredKey: String?

    @Option(name: .customLong("service-id"), help: "Id of its first service, as notices name it.")
    var serviceID = "main"

    @Option(name: .customLong("service-name"), help: "Name of its first service; the tenant's if absent.")
    var serviceName: String?

    @Option(name: .customLong("jlis-service-id"), help: "J-LIS's id of that service.")
    var jlisServiceID: String?

    func run() async throws {
      guard let status = VerifierStatus(rawValue: status) else {
        throw CommandFailure(.badUse, "--status must be notVerifier or deemedVerifier.")
      }
      guard let policy = RevocationPolicy(rawValue: revocationPolicy) else {
        throw CommandFailure(.badUse, "--revocation-policy must be crl, ocsp or ocspThenCrl.")
      }
      guard let scheme = TagScheme(rawValue: tagScheme) else { throw CommandFailure(.badUse, "--tag-scheme must be hmac or voprf.") }
      let key = try registeredKey.map { path throws(CommandFailure) in try PublicKeyFile.read(path) }
      let tenant = try await TenantCommand.administer(common) { administration in
        try await administration.create(
          name: name, status: status, isSandbox: sandbox, revocationPolicy: policy, tagScheme: scheme, registeredKey: key,
          serviceID: serviceID,
          serviceName: serviceName,
          jlisServiceID: jlisServiceID, operatorName: TenantCommand.operatorName)
      }
      try Program.print(Line(tenant), asJSON: common.json, Line(tenant).text)
    }
  }

  /// `yonjo tenant list`
  struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List tenants, oldest first.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Begin behind this tenant.")
    var after: String?

    @Option(help: "How many, 1 to 500.")
    var limit = 500

    private struct Report: Encodable {
      let tenants: [Line]
    }

    func run() async throws {
      let after = try after.map { text throws(CommandFailure) in try TenantCommand.id(text) }
      let limit = limit
      let tenants = try await TenantCommand.administer(common) { try await $0.list(after: after, limit: limit) }.map(Line.init)
      try Program.print(Report(tenants: tenants), asJSON: common.json, tenants.map(\.text).joined(separator: "\n"))
    }
  }

  /// `yonjo tenant show`
  struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a tenant and its clients.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "Its id.")
    var id: String

    private struct Report: Encodable {
      let tenant: Line
      let clients: [ClientCommand.Line]
    }

    func run() async throws {
      let id = try TenantCommand.id(id)
      let (tenant, clients) = try await TenantCommand.administer(common) { administration in
        (try await administration.get(id), try await administration.clients(of: id))
      }
      let lines = clients.map(ClientCommand.Line.init)
      try Program.print(
        Report(tenant: Line(tenant), clients: lines), asJSON: common.json,
        ([Line(tenant).text, Line(tenant).revocationText, Line(tenant).allowanceText] + lines.map { "  " + $0.text })
          .joined(separator: "\n"))
    }
  }

  /// `yonjo tenant suspend`
  struct SuspendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "suspend", abstract: "Stop a tenant: no further token, and its tokens end within seconds.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "Its id.")
    var id: String

    @Flag(help: "Let it go on again.")
    var resume = false

    func run() async throws {
      let id = try TenantCommand.id(id)
      let suspends = !resume
      let tenant = try await TenantCommand.administer(common) {
        try await $0.suspend(id, suspends, operatorName: TenantCommand.operatorName)
      }
      try Program.print(Line(tenant), asJSON: common.json, Line(tenant).text)
    }
  }

  /// `yonjo tenant revocation`
  struct RevocationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revocation", abstract: "Say how revocation is found out for a tenant; without options, show it.",
      discussion: """
        crl asks the revocation list alone, ocsp the responder alone, ocspThenCrl the responder and, where it gives no word, the list, as long as that is
        younger than --fallback-hours (1 to 168; 36 unless set, for J-LIS makes a list a day and one may be late). Serving processes follow within seconds.
        """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Its id.")
    var id: String

    @Option(help: "crl, ocsp or ocspThenCrl.")
    var policy: String?

    @Option(name: .customLong("fallback-hours"), help: "How old a list may be that stands in for OCSP.")
    var fallbackHours: Int?

    func run() async throws {
      let id = try TenantCommand.id(id)
      let chosen = try policy.map { text throws(CommandFailure) in
        guard let policy = RevocationPolicy(rawValue: text) else {
          throw CommandFailure(.badUse, "--policy must be crl, ocsp or ocspThenCrl.")
        }
        return policy
      }
      let hours = fallbackHours
      if let hours, !(1...168).contains(hours) { throw CommandFailure(.badUse, "--fallback-hours must be within 1…168.") }
      let tenant = try await TenantCommand.administer(common) { administration in
        guard chosen != nil || hours != nil else { return try await administration.get(id) }
        return try await administration.change(
          id, revocationPolicy: chosen, fallbackSeconds: hours.map { $0 * 3600 }, operatorName: TenantCommand.operatorName)
      }
      try Program.print(Line(tenant), asJSON: common.json, Line(tenant).text + "\n" + Line(tenant).revocationText)
    }
  }

  /// `yonjo tenant override`
  struct OverrideCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "override", abstract: "Let unknown revocation pass for a tenant for a while, on record; or end that.",
      discussion: """
        For an outage that a tenant must ride out. At most seven days; reason and name stand in the audit log, and every decision that passes by the
        override is marked in its verification, its audit event and its answer. What is revoked never passes, nor what the responder does not know.
        """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Its id.")
    var id: String

    @Option(help: "Why, 1 to 500 characters.")
    var reason: String?

    @Option(help: "Who answers for it; the account that runs the command unless given.")
    var by: String?

    @Option(help: "When it ends, such as 2025-11-21T03:04:05Z.")
    var until: String?

    @Flag(help: "End the override now.")
    var end = false

    func run() async throws {
      let id = try TenantCommand.id(id)
      let override: RevocationOverride?
      switch (end, reason, until) {
      case (true, nil, nil): override = nil
      case (false, let reason?, let until?):
        override = RevocationOverride(reason: reason, by: by ?? TenantCommand.operatorName, until: try Instant.read(until))
      default: throw CommandFailure(.badUse, "Give --reason and --until, or --end alone.")
      }
      let tenant = try await TenantCommand.administer(common) {
        try await $0.setRevocationOverride(id, override, operatorName: TenantCommand.operatorName)
      }
      try Program.print(Line(tenant), asJSON: common.json, Line(tenant).text + "\n" + Line(tenant).revocationText)
    }
  }

  /// `yonjo tenant allow`
  struct AllowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "allow", abstract: "Say how much a tenant, or one client of it, may ask in a minute; without options, show it.",
      discussion: """
        Look-ups are answers "known or not": each tag of a batch, each search by a reference. Signatures are those of cards. Evaluations are blinded tags
        of scheme voprf, of which a first load needs many. What a tenant may ask, all of its clients share; with --client, one of them is held to less,
        and what is left out is no limit of its own. Serving processes follow within seconds; who asks for more gets 429 until the minute is over.
        """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Its id.")
    var id: String

    @Option(help: "One of its clients, cli_….")
    var client: String?

    @Option(name: .customLong("look-ups"), help: "0 to 10000000.")
    var lookUps: Int?

    @Option(help: "0 to 10000000.")
    var signatures: Int?

    @Option(help: "0 to 10000000.")
    var evaluations: Int?

    @Option(name: .customLong("signatures-per-card"), help: "How often one card may sign at the tenant; 0 to 10000000.")
    var signaturesPerCard: Int?

    @Option(name: .customLong("look-ups-per-tag"), help: "How often one tag may be looked up; 0 to 10000000.")
    var lookUpsPerTag: Int?

    func validate() throws {
      if client != nil, signaturesPerCard != nil || lookUpsPerTag != nil {
        throw ValidationError("--signatures-per-card and --look-ups-per-tag are the tenant's, not a client's.")
      }
    }

    func run() async throws {
      let id = try TenantCommand.id(id)
      let (client, lookUps, signatures, evaluations) = (client, lookUps, signatures, evaluations)
      let (perCard, perTag) = (signaturesPerCard, lookUpsPerTag)
      let tenant = try await TenantCommand.administer(common) { administration in
        if let client {
          try await administration.allow(
            client: client, of: id, lookUps: lookUps, signatures: signatures, evaluations: evaluations,
            operatorName: TenantCommand.operatorName)
          return try await administration.get(id)
        }
        guard [lookUps, signatures, evaluations, perCard, perTag].contains(where: { $0 != nil }) else {
          return try await administration.get(id)
        }
        return try await administration.allow(
          id, lookUps: lookUps, signatures: signatures, evaluations: evaluations, signaturesPerCard: perCard, lookUpsPerTag: perTag,
          operatorName: TenantCommand.operatorName)
      }
      try Program.print(Line(tenant), asJSON: common.json, Line(tenant).text + "\n" + Line(tenant).allowanceText)
    }
  }
  /// `yonjo tenant retention`
  struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "retention", abstract: "Say for how many months a tenant's audit events are kept.",
      discussion: """
        A month of the audit log whose retention is over loses its events; its last signed checkpoint stays, and the months after it still verify. What is
        to outlive it must be exported before.
        """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Its id.")
    var id: String

    @Option(help: "12 to 600; 120 unless set.")
    var months: Int

    func run() async throws {
      let id = try TenantCommand.id(id)
      let months = months
      let tenant = try await TenantCommand.administer(common) { administration in
        try await administration.retainAudit(id, months: months, operatorName: TenantCommand.operatorName)
      }
      try Program.print(Line(tenant), asJSON: common.json, "Audit events of \(tenant.id) are kept for \(months) months.")
    }
  }
}
