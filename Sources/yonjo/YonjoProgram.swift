import ArgumentParser

/// `yonjo`: the operator's program.
@main
struct YonjoProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "yonjo", abstract: "The broker between companies and J-LIS: serve it, look after it.",
    discussion: """
      Settings come from flags, then YONJO_… variables, then a JSON file (--config or YONJO_CONFIG_FILE). `yonjo doctor` prints those in force.
      Exit codes: 0 done, 1 refused or not verified, 2 bad use, 3 a part is down.
      """,
    version: Program.version,
    subcommands: [
      ServeCommand.self, MigrateCommand.self, DoctorCommand.self, TenantCommand.self, ClientCommand.self, KeysCommand.self,
      RevocationCommand.self,
      CRLCommand.self, CertificateCommand.self, SignatureCommand.self, ReceiptCommand.self, NoticeCommand.self, EvidenceCommand.self,
      AuditCommand.self, StaffCommand.self,
    ])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as CommandFailure {
      failure.tell(asJSON: CommandLine.arguments.contains("--json"))
      Program.end(failure.exitCode)
    } catch {
      let text = fullMessage(for: error)
      // Help and version are asked for, and no failure.
      if exitCode(for: error) == .success {
        print(text)
        Program.end(0)
      }
      Program.warn(text)
      Program.end(2)
    }
  }
}
