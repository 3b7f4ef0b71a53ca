import ArgumentParser
import Foundation
import JLISSimulator
import JOSE
import JPKI

struct Citizen: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Register people and let life happen to them.",
    subcommands: [New.self, Move.self, Renew.self, Certify.self, Phone.self, Die.self, List.self])

  /// What `--json` prints of a citizen.
  struct Handle: Encodable {
    let id: String
    let signingCertificate: String
    let authenticationCertificate: String

    init(_ handle: CitizenHandle) {
      id = handle.id
      signingCertificate = Base64.encode(handle.signingCertificate)
      authenticationCertificate = Base64.encode(handle.authenticationCertificate)
    }
  }

  struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register a person and hand out a card with both certificates; prints the citizen's id.")

    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Option(help: "氏名, with a full-width space: 四情　花子.") var name: String
    @Option(help: "住所: 東京都千代田区千代田１－１.") var address: String
    @Option(help: "生年月日: 1980-02-17, 昭和55年2月17日, or as certified: 319800217.") var dateOfBirth: String
    @Option(help: "性別: male, female, other, unknown.") var sex: String
    @Option(help: "What is wrong with the certificates: \(CertificateVariant.allCases.map(\.rawValue).joined(separator: ", ")).")
    var certificates: CertificateVariant = .valid

    func run() throws {
      let handle = try state.open().newCitizen(
        name: name, address: address, dateOfBirth: dateOfBirth, sex: sex, certificates: certificates)
      try answer.print(Handle(handle), handle.id)
    }
  }

  struct Move: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change name or address: the signing certificate is revoked (affiliationChanged) and a new one goes onto the card.")

    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Argument(help: "The citizen's id.") var citizen: String
    @Option(help: "The new address.") var address: String?
    @Option(help: "The new name, or the name spelled anew.") var name: String?
    @Flag(help: "Leave the card without a new signing certificate; `citizen renew --kind signing` makes it later.") var withoutReissue =
      false

    func validate() throws {
      guard address != nil || name != nil else { throw ValidationError("Say what changes: --address, --name or both.") }
    }

    func run() throws {
      let handle = try state.open().move(citizen, newAddress: address, newName: name, reissue: !withoutReissue)
      try answer.print(Handle(handle), handle.id)
    }
  }

  struct Renew: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put new certificates onto the card; the old ones are revoked (superseded) unless they had ended.")

    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Argument(help: "The citizen's id.") var citizen: String
    @Option(help: "Only this one: signing or authentication.") var kind: CertificateKind?

    func run() throws {
      let handle = try state.open().renew(citizen, kinds: kind.map { [$0] } ?? Set(CertificateKind.allCases))
      try answer.print(Handle(handle), handle.id)
    }
  }

  struct Certify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Certify a key that lives on a token (PKCS#11) in place of the card's own; the certificate before it is superseded.",
      discussion:
        "--json prints both certificates. The virtual card of this citizen cannot sign with that certificate any more; the token does.")

    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Argument(help: "The citizen's id.") var citizen: String
    @Option(help: "signing or authentication.") var kind: CertificateKind
    @Option(help: "The public key, RSA-2048, DER or PEM: as `pkcs11-tool --read-object --type pubkey` writes it.") var publicKey: String

    func run() throws {
      guard let data = FileManager.default.contents(atPath: publicKey), data.count <= 16 * 1024 else {
        throw ValidationError("\(publicKey) cannot be read, or is no key.")
      }
      let handle = try state.open().certify(citizen, kind: kind, publicKey: Array(data))
      try answer.print(Handle(handle), handle.id)
    }
  }

  struct Phone: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put certificates onto the citizen's phone; they end with the card's, and for signing with a change of name or address.")

    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Argument(help: "The citizen's id.") var citizen: String
    @Option(help: "android or iphone.") var medium: CardMedium = .android

    func run() throws {
      let handle = try state.open().newPhone(citizen, medium: medium)
      try answer.print(Handle(handle), handle.id)
    }
  }

  struct Die: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Both certificates are revoked (cessationOfOperation); nothing is issued any more.")

    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Argument(help: "The citizen's id.") var citizen: String

    func run() throws {
      try state.open().die(citizen)
      try answer.print(["id": citizen], citizen)
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "All citizens and how their certificates stand.")

    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
      let citizens = try state.open().summaries()
      let lines = citizens.map {
        "\($0.id)  signing \($0.signing)  authentication \($0.authentication)\($0.phones.map { "  " + $0 }.joined())\($0.dead ? "  dead" : "")"
      }
      try answer.print(["citizens": citizens], lines.isEmpty ? "no citizens" : lines.joined(separator: "\n"))
    }
  }
}
