import ArgumentParser
import Foundation
import JLISSimulator
import JPKI

struct Revoke: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Revoke a certificate on a citizen's card or phone; the card's takes the phones' along.",
    discussion: """
      Reasons and what J-LIS means by them: unspecified (discarded before delivery), keyCompromise, cACompromise, affiliationChanged (one of the four
      items changed), superseded (renewed), cessationOfOperation (use ended), certificateHold (suspected key, never released).
      """)

  @OptionGroup var state: StateOptions
  @OptionGroup var answer: AnswerOptions
  @Argument(help: "The citizen's id.") var citizen: String
  @Option(help: "signing or authentication.") var kind: CertificateKind = .signing
  @Option(help: "card, android or iphone.") var medium: CardMedium = .card
  @Option(help: "\(RevocationReason.allCases.map(\.rawValue).joined(separator: ", ")).") var reason: RevocationReason =
    .cessationOfOperation

  func run() throws {
    try state.open().revoke(citizen, kind: kind, medium: medium, reason: reason)
    try answer.print(["id": citizen, "kind": kind.rawValue, "medium": medium.rawValue, "reason": reason.rawValue], "revoked")
  }
}

struct Consent: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "See and cancel the consents to latest items that J-LIS holds.", subcommands: [List.self, Cancel.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "A citizen's consents.")
    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Argument(help: "The citizen's id.") var citizen: String

    func run() throws {
      let consents = try state.open().consents(of: citizen)
      let lines = consents.map { "\($0.consentID)  service \($0.serviceID)  \($0.cancelledAt == nil ? "stands" : "cancelled")" }
      try answer.print(["consents": consents], lines.isEmpty ? "no consents" : lines.joined(separator: "\n"))
    }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The citizen cancels at J-LIS directly; the broker learns of it when it asks for cancellations.")
    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Argument(help: "The citizen's id.") var citizen: String
    @Argument(help: "The consent's id.") var consent: String

    func run() throws {
      try state.open().cancelConsentDirectly(consent, by: citizen)
      try answer.print(["id": citizen, "consentId": consent], "cancelled")
    }
  }
}

struct TLS: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make TLS certificates for this machine: an authority, a server and clients, ECDSA P-256.",
    discussion: """
      Writes ca.pem, ca.key, server.pem, server.key and, for each --client, <client>.pem and <client>.key. What is there already stays, so that more
      clients can be added later. For trying out only.
      """)

  @Option(help: "The directory; made where absent.") var out: String
  @Option(help: "A host name or address of the server; may be repeated. Default: localhost, 127.0.0.1, ::1.") var name: [String] = []
  @Option(help: "A client to make a certificate for; may be repeated.") var client: [String] = ["client"]
  @OptionGroup var answer: AnswerOptions

  func validate() throws {
    let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_."))
    guard
      client.allSatisfy({
        !$0.isEmpty && !$0.hasPrefix(".") && $0.unicodeScalars.allSatisfy(plain.contains) && !["ca", "server"].contains($0)
      })
    else {
      throw ValidationError("A client's name is made of letters, digits and - _ . and is neither ca nor server.")
    }
  }

  func run() throws {
    let now = Date()
    let material = try TLSMaterial(directory: out, at: now)
    try material.server("server", names: name.isEmpty ? ["localhost", "127.0.0.1", "::1"] : name, at: now)
    for client in client { try material.client(client, at: now) }
    try answer.print(["directory": out], "TLS certificates are in \(out).")
  }
}

struct Fault: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let things go wrong, on demand.", subcommands: [Set.self, Clear.self, Show.self])

  struct Set: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Let the named parts fail from now on; parts not named stay as they are.")
    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Option(help: "\(Faults.OCSPFault.allCases.map(\.rawValue).joined(separator: ", ")).") var ocsp: Faults.OCSPFault?
    @Option(help: "\(Faults.ListFault.allCases.map(\.rawValue).joined(separator: ", ")).") var crl: Faults.ListFault?
    @Option(help: "\(Faults.APIFault.allCases.map(\.rawValue).joined(separator: ", ")).") var api: Faults.APIFault?

    func validate() throws {
      guard ocsp != nil || crl != nil || api != nil else { throw ValidationError("Name what shall fail: --ocsp, --crl, --api.") }
    }

    func run() throws {
      let simulator = try state.open()
      let before = try simulator.faults
      let faults = Faults(ocsp: ocsp ?? before.ocsp, crl: crl ?? before.crl, api: api ?? before.api)
      try simulator.setFaults(faults)
      try answer.print(faults, faults.text)
    }
  }

  struct Clear: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Everything works again.")
    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
      try state.open().setFaults(.none)
      try answer.print(Faults.none, Faults.none.text)
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What fails at present.")
    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
      let faults = try state.open().faults
      try answer.print(faults, faults.text)
    }
  }
}

struct Responder: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "How the OCSP responder behaves where J-LIS's is not known: no faults, but what a client must get along with.",
    subcommands: [Set.self, Show.self])

  struct Set: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Change the named switches; others stay as they are.")
    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions
    @Option(help: "Whose key signs: delegated or authority.") var signer: ResponderSwitches.Signer?
    @Option(help: "How the signer is named: key or name.") var naming: ResponderSwitches.Naming?
    @Option(help: "Which CertIDs are understood: both, sha1 or sha256.") var hashes: ResponderSwitches.Hashes?
    @Option(help: "Whether questions must be signed: any or signed.") var requests: ResponderSwitches.Requests?
    @Flag(inversion: .prefixedNo, help: "Whether answers say until when they stand.") var nextUpdate: Bool?
    @Flag(inversion: .prefixedNo, help: "Whether the nonce comes back.") var nonce: Bool?

    func run() throws {
      let simulator = try state.open()
      var switches = try simulator.responderSwitches
      switches.signer = signer ?? switches.signer
      switches.naming = naming ?? switches.naming
      switches.hashes = hashes ?? switches.hashes
      switches.requests = requests ?? switches.requests
      switches.givesNextUpdate = nextUpdate ?? switches.givesNextUpdate
      switches.echoesNonce = nonce ?? switches.echoesNonce
      try simulator.setResponderSwitches(switches)
      try answer.print(switches, switches.text)
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "How it behaves at present.")
    @OptionGroup var state: StateOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
      let switches = try state.open().responderSwitches
      try answer.print(switches, switches.text)
    }
  }
}

extension ResponderSwitches {
  fileprivate var text: String {
    """
    signer \(signer.rawValue), named by \(naming.rawValue)  CertIDs \(hashes.rawValue)  requests \(requests.rawValue)  \
    nextUpdate \(givesNextUpdate ? "given" : "left out")  nonce \(echoesNonce ? "echoed" : "dropped")
    """
  }
}

extension Faults {
  fileprivate var text: String {
    "ocsp \(ocsp?.rawValue ?? "works")  crl \(crl?.rawValue ?? "works")  api \(api?.rawValue ?? "works")"
  }
}
