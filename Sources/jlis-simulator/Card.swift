import ArgumentParser
import JLISSimulator
import JOSE
import JPKI

struct Card: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sign with a citizen's card, as the app on the phone does.",
    discussion: """
      Prints the signature in base64url. --json prints the plain card object of the broker's API. --envelope prints the card envelope (JWE), which
      only the broker can open: the one form that a tenant without verifier status may relay.
      """,
    subcommands: [Sign.self, Authenticate.self])

  struct Sign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Sign with the signing certificate (署名用電子証明書).")
    @OptionGroup var options: SignatureOptions
    @Flag(help: "Add the authentication certificate's signature, as onboarding wants it (--json, --envelope).") var withAuthentication =
      false

    func run() async throws { try await options.run(signing: true, authentication: withAuthentication) }
  }

  struct Authenticate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Sign with the authentication certificate (利用者証明用電子証明書), as login wants it.")
    @OptionGroup var options: SignatureOptions

    func run() async throws { try await options.run(signing: false, authentication: true) }
  }
}

/// What is signed and in which form it comes out.
struct SignatureOptions: ParsableArguments {
  @OptionGroup var state: StateOptions
  @OptionGroup var answer: AnswerOptions
  @Argument(help: "The citizen's id.") var citizen: String
  @Option(help: "What signs: card, android or iphone.") var medium: CardMedium = .card

  @Option(
    parsing: .unconditional, help: ArgumentHelp("What the broker handed out; hashed with SHA-256 here.", valueName: "base64url"))
  var toBeSigned: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A DigestInfo made elsewhere. The card signs it unchecked, as the real one does.", valueName: "base64url"))
  var digestInfo: String?

  @Flag(help: "Print the card envelope; wants --to-be-signed, --broker-jwks, --tenant, --session.") var envelope = false
  @Option(help: "The broker's key set: a file, or the address of /jwks.json.") var brokerJwks: String?
  @Option(help: "A PEM file whom to believe that they are the broker, in place of the system's roots.") var brokerCa: String?
  @Option(help: "The tenant's id, as the person sees it.") var tenant: String?
  @Option(help: "The id of the session that awaits the signature, or the digest of the document to be signed.") var session: String?

  func validate() throws {
    guard (toBeSigned == nil) != (digestInfo == nil) else { throw ValidationError("Give either --to-be-signed or --digest-info.") }
    guard envelope else { return }
    guard toBeSigned != nil, brokerJwks != nil, tenant != nil, session != nil else {
      throw ValidationError("An envelope wants --to-be-signed, --broker-jwks, --tenant and --session.")
    }
  }

  func run(signing: Bool, authentication: Bool) async throws {
    let device = CitizenDevice(card: try state.open().card(for: citizen, medium: medium))
    if envelope, let brokerJwks, let tenant, let session {
      let key = try CitizenDevice.envelopeKey(of: try await BrokerKeys.load(brokerJwks, trustRoots: brokerCa))
      let envelope = try device.envelope(
        toBeSigned: try bytes(toBeSigned), tenantID: tenant, sessionID: session, to: key, signing: signing, authentication: authentication)
      return try answer.print(["envelope": envelope], envelope)
    }
    let digestInfo = try digestInfo == nil ? CitizenDevice.digestInfo(of: bytes(toBeSigned)) : bytes(digestInfo)
    let card = try device.plainCard(digestInfo: digestInfo, signing: signing, authentication: authentication)
    try answer.print(card, card["signature"]?.string ?? "")
  }

  private func bytes(_ text: String?) throws -> [UInt8] {
    guard let bytes = text.flatMap(Base64URL.decode) else { throw ValidationError("That is not base64url without padding.") }
    return bytes
  }
}
