import ArgumentParser
import Broker

/// `yonjo notice`
struct NoticeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notice", abstract: "Notices (同意説明) that consents are given to.", subcommands: [TemplateCommand.self])

  /// `yonjo notice template`
  struct TemplateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "template", abstract: "Print a complete notice for latest items (最新の利用者情報), with all 15 points.",
      discussion: """
        The body of POST /v1/notices, to be made one's own: names, addresses and numbers in it are invented. An example, and no advice in law.
        """)

    @Option(help: "ja or en.")
    var language = NoticeTemplate.japanese.rawValue

    @Option(name: .customLong("service-id"), help: "The service that it is for.")
    var serviceID = "main"

    func run() async throws {
      guard let template = NoticeTemplate(rawValue: language) else {
        throw CommandFailure(
          .badUse, "--language must be one of \(NoticeTemplate.allCases.map(\.rawValue).joined(separator: ", ")).")
      }
      print(try template.body(serviceID: serviceID))
    }
  }
}
