import ArgumentParser
import Foundation
import JPKI

/// `yonjo crl`
struct CRLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crl", abstract: "Look at certificate revocation lists.", subcommands: [InspectCommand.self, IndexCommand.self])

  /// A list and whom it must be of.
  struct ListOptions: ParsableArguments {
    @Argument(help: "The list, DER (of any size) or PEM.")
    var file: String

    @Option(help: "The certificate of its issuer, DER or PEM.")
    var issuer: String

    @Option(help: "The environment that the issuer belongs to.")
    var environment = "production"

    @Option(help: "As of this time (RFC 3339); now if absent.")
    var at: String?

    /// The list, its signature verified.
    ///
    /// - Parameter sortingIn: the directory where its index is to go, if there is to be one.
    func verified(sortingIn: String? = nil) throws(CommandFailure) -> VerifiedRevocationList {
      guard let environment = TrustEnvironment(rawValue: environment) else {
        throw CommandFailure(.badUse, "--environment must be one of \(TrustEnvironment.allCases.map(\.rawValue).joined(separator: ", ")).")
      }
      let instant = try Instant.read(at)
      let anchor = try Self.anchor(CertificateFile.der(try contents(of: issuer)), environment)
      let pem = try CertificateFile.pemContent(of: file)
      do throws(RevocationIndexError) {
        if let der = pem { return try VerifiedRevocationList(der, issuer: anchor, at: instant) }
        return try VerifiedRevocationList(file: file, issuer: anchor, at: instant, sortingIn: sortingIn)
      } catch {
        throw CRLCommand.failure(error, file)
      }
    }

    /// The issuer of either kind: a list is told apart by the key that signed it.
    private static func anchor(_ authority: [UInt8], _ environment: TrustEnvironment) throws(CommandFailure) -> TrustAnchor {
      for kind in CertificateKind.allCases {
        if let anchor = try? TrustAnchor.root(authority, kind: kind, environment: environment) { return anchor }
      }
      throw CommandFailure(
        .refused, "The issuer is no CA certificate of the \(environment.rawValue) environment.", nextStep: "See --environment.")
    }
  }

  static func failure(_ error: RevocationIndexError, _ file: String) -> CommandFailure {
    switch error {
    case .refused(let reason):
      CommandFailure(.refused, "\(file): \(error)", nextStep: reason == .crlExpired ? "--at names a time at which it was in force." : nil)
    case .unreadable: CommandFailure(.badUse, "\(file) cannot be read.")
    case .changedWhileRead: CommandFailure(.refused, "\(file) changed while it was read.", nextStep: "Try again when nobody writes to it.")
    case .notWritten, .damaged, .foreign: CommandFailure(.partIsDown, error.description)
    }
  }

  /// What is in a list.
  struct Report: Encodable {
    let issuer: String
    let number: UInt64
    let thisUpdate: Date
    let nextUpdate: Date
    /// Whether the list is of a part only (issuingDistributionPoint).
    let isPart: Bool
    let entries: Int
    let entriesByReason: [String: Int]
    let seconds: Double
    let peakMemoryBytes: Int
    /// The index, where one was written.
    var indexBytes: Int?

    init(_ list: VerifiedRevocationList, _ counts: [RevocationReasonCode: Int], since started: ContinuousClock.Instant) {
      issuer = list.issuer.subjectDescription
      number = list.number
      thisUpdate = list.thisUpdate
      nextUpdate = list.nextUpdate
      isPart = !list.distributionPoints.isEmpty
      entries = counts.values.reduce(0, +)
      entriesByReason = Dictionary(uniqueKeysWithValues: counts.map { ("\($0.key)", $0.value) })
      let elapsed = started.duration(to: .now)
      seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
      peakMemoryBytes = Memory.peakBytes
    }

    var text: String {
      var lines = [
        "issuer      \(issuer)", "number      \(number)", "thisUpdate  \(Instant.text(thisUpdate))",
        "nextUpdate  \(Instant.text(nextUpdate))", "covers      \(isPart ? "a part" : "all certificates")", "entries     \(entries)",
      ]
      for (reason, count) in entriesByReason.sorted(by: { $0.value > $1.value }) { lines.append("  \(reason): \(count)") }
      lines.append(String(format: "took        %.2f s, at most %.1f MiB of memory", seconds, Double(peakMemoryBytes) / 1_048_576))
      if let indexBytes { lines.append(String(format: "index       %.1f MiB", Double(indexBytes) / 1_048_576)) }
      return lines.joined(separator: "\n")
    }
  }

  /// `yonjo crl inspect FILE --issuer CA`
  struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "inspect", abstract: "Verify a list and say what is in it, in bounded memory.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var list: ListOptions

    func run() async throws {
      let started = ContinuousClock.now
      let verified = try list.verified()
      let report: Report
      do throws(RevocationIndexError) {
        report = Report(verified, try verified.count(), since: started)
      } catch {
        throw CRLCommand.failure(error, list.file)
      }
      try Program.print(report, asJSON: common.json, report.text)
    }
  }

  /// `yonjo crl index FILE --issuer CA --out INDEX`
  struct IndexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "index", abstract: "Verify a list and write its index, as `yonjo revocation sync` does; nothing is put in force.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var list: ListOptions

    @Option(help: "Where the index goes; what is there is replaced.")
    var out: String

    func run() async throws {
      let started = ContinuousClock.now
      let directory = URL(fileURLWithPath: out).deletingLastPathComponent().path
      let verified = try list.verified(sortingIn: directory)
      var report: Report
      do throws(RevocationIndexError) {
        let index = try verified.prepareIndex(at: out)
        try index.install()
        report = Report(verified, index.countsByReason, since: started)
        report.indexBytes = index.bytes
      } catch {
        throw CRLCommand.failure(error, list.file)
      }
      try Program.print(report, asJSON: common.json, report.text)
    }
  }
}
