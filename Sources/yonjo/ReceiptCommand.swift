import ArgumentParser
import AsyncHTTPClient
import Broker
import Crypto
import Foundation
import JOSE
import NIOCore
import NIOHTTP1
import NIOSSL
import Operations

/// `yonjo receipt`
struct ReceiptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt", abstract: "Look at receipts (証跡).", subcommands: [VerifyCommand.self])

  /// `yonjo receipt verify FILE`
  struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Verify a receipt with the broker's published keys alone, and say what it says.",
      discussion: """
        Needs no database and no settings. Keep a copy of the broker's /jwks.json beside the receipts: then it needs no network either.
        Exit code 0: the receipt holds; 1: it does not, or is about another document; 2: bad use; 3: the keys cannot be fetched.
        """)

    @Flag(help: "Print one JSON object.")
    var json = false

    @Argument(help: "The receipt: a compact JWS, as it stands in an answer's member receipt; - is standard input.")
    var file: String

    @Option(help: ArgumentHelp("A key set in a file, as /jwks.json gave it.", valueName: "jwks.json"))
    var keys: String?

    @Option(help: ArgumentHelp("Where to fetch the keys; the receipt must be of the same broker.", valueName: "https://…/jwks.json"))
    var url: String?

    @Option(name: .customLong("trust"), help: ArgumentHelp("Authorities for --url in PEM, in place of the system's.", valueName: "ca.pem"))
    var trust: String?

    @Option(help: ArgumentHelp("The broker that must have issued it, such as https://yonjo.example.jp.", valueName: "address"))
    var issuer: String?

    @Option(help: ArgumentHelp("The document that it must be about.", valueName: "file"))
    var document: String?

    func validate() throws {
      guard (keys == nil) != (url == nil) else {
        throw ValidationError("Give either --keys or --url: whose keys the receipt is verified by.")
      }
      guard trust == nil || url != nil else { throw ValidationError("--trust goes with --url.") }
    }

    func run() async throws {
      let text = try receipt()
      let digest = try document.map { path throws(CommandFailure) in try Self.digest(of: path) }
      let (published, broker) = try await publishedKeys()
      let receipt: VerifiedReceipt
      do throws(ReceiptFault) {
        receipt = try ReceiptVerifier.verify(text, keys: published, issuer: issuer ?? broker, documentDigest: digest)
      } catch {
        throw CommandFailure(.refused, "Not verified. \(error)", nextStep: Self.nextStep(error))
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      encoder.dateEncodingStrategy = .iso8601
      print(json ? String(decoding: try encoder.encode(Report(receipt)), as: UTF8.self) : Self.text(receipt))
    }

    private struct Report: Encodable {
      let verified = true
      let receipt: VerifiedReceipt

      init(_ receipt: VerifiedReceipt) { self.receipt = receipt }
    }

    private func receipt() throws(CommandFailure) -> String {
      let bytes: [UInt8]
      if file == "-" {
        guard let data = try? FileHandle.standardInput.read(upToCount: ReceiptVerifier.maximumBytes + 1) else {
          throw CommandFailure(.badUse, "Standard input cannot be read.")
        }
        bytes = Array(data)
      } else {
        bytes = try contents(of: file)
      }
      guard bytes.count <= ReceiptVerifier.maximumBytes, let text = String(validating: bytes, as: UTF8.self) else {
        throw CommandFailure(.refused, "Not verified. \(bytes.count > ReceiptVerifier.maximumBytes ? ReceiptFault.tooLarge : .malformed)")
      }
      return text
    }

    /// Whatever the document's size, a piece of it is in memory.
    private static func digest(of path: String) throws(CommandFailure) -> [UInt8] {
      guard let handle = FileHandle(forReadingAtPath: path) else { throw CommandFailure(.badUse, "\(path) cannot be read.") }
      var hash = SHA256()
      do {
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
      } catch {
        throw CommandFailure(.badUse, "\(path) cannot be read.")
      }
      return Array(hash.finalize())
    }

    private func publishedKeys() async throws -> (keys: [JSONWebKey], broker: String?) {
      let bytes: [UInt8]
      var broker: String?
      if let keys {
        bytes = try contents(of: keys)
      } else {
        let url = url ?? ""
        guard url.hasPrefix("https://"), url.hasSuffix("/jwks.json") else {
          throw CommandFailure(
            .badUse, "--url must be the broker's key set: https://…/jwks.json.",
            nextStep: "For keys from elsewhere, fetch them and use --keys.")
        }
        broker = String(url.dropLast("/jwks.json".count))
        bytes = try await KeyFetch.bytes(of: url, trust: trust)
      }
      guard let set = try? JSONDecoder().decode(JSONWebKeySet.self, from: Data(bytes)) else {
        throw CommandFailure(.badUse, "\(keys ?? url ?? "") holds no key set.", nextStep: "It is what the broker's /jwks.json answers.")
      }
      return (set.keys, broker)
    }

    private static func nextStep(_ fault: ReceiptFault) -> String? {
      switch fault {
      case .keyUnknown: "Take the keys of the broker that issued it; after a rotation, the old ones stay at /jwks.json."
      case .otherIssuer: "See --issuer and --url."
      case .malformed: "The file must hold the member receipt of an answer, and nothing else."
      default: nil
      }
    }

    private static func text(_ receipt: VerifiedReceipt) -> String {
      var lines = [
        ("verified", "yes, signed by key \(receipt.keyID)"), ("issuer", receipt.issuer), ("tenant", receipt.tenant), ("id", receipt.id),
        ("purpose", receipt.purpose), ("issued", Instant.text(receipt.issuedAt)),
      ]
      if let purpose = receipt.claims["documentPurpose"]?.string { lines.append(("document", purpose)) }
      if let result = receipt.result { lines.append(("result", result)) }
      if let subject = receipt.subject { lines.append(("subject", subject)) }
      if let signed = receipt.signed { lines.append(("signed", "SHA-256 \(signed)")) }
      if let checkedAt = receipt.checkedAt { lines.append(("checked", Instant.text(checkedAt))) }
      if let revocation = receipt.claims["revocation"] {
        let source =
          revocation["sourceTime"]?.integer.map { ", as of " + Instant.text(Date(timeIntervalSince1970: TimeInterval($0))) } ?? ""
        lines.append(("revocation", (revocation["method"]?.string ?? "none") + source))
      }
      let known: Set<String> = [
        "iss", "aud", "jti", "iat", "sub", "purpose", "documentPurpose", "result", "signed", "signedAlgorithm", "checkedAt", "revocation",
        "schema",
      ]
      for (name, value) in receipt.claims.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
        lines.append((name, (try? value.serialized()).map { String(decoding: $0, as: UTF8.self) } ?? ""))
      }
      lines.append(("schema", receipt.schema))
      return lines.map { $0.0.padding(toLength: 12, withPad: " ", startingAt: 0) + $0.1 }.joined(separator: "\n")
    }
  }
}

/// Fetches a key set over HTTPS: at most 256 KiB within ten seconds, from where it was asked for and nowhere else.
enum KeyFetch {
  private static let maximumBytes = 262_144

  static func bytes(of url: String, trust: String?) async throws -> [UInt8] {
    var tls = TLSConfiguration.makeClientConfiguration()
    if let trust {
      guard let authorities = try? NIOSSLCertificate.fromPEMBytes(try contents(of: trust)), !authorities.isEmpty else {
        throw CommandFailure(.badUse, "\(trust) holds no certificate in PEM.")
      }
      tls.trustRoots = .certificates(authorities)
    }
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
    configuration.timeout = .init(connect: .seconds(5), read: .seconds(10))
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let answer: Result<[UInt8], CommandFailure>
    do {
      let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
      if response.status == .ok {
        answer = .success(Array(buffer: try await response.body.collect(upTo: maximumBytes)))
      } else {
        answer = .failure(CommandFailure(.partIsDown, "\(url) answers \(response.status.code)."))
      }
    } catch is NIOTooManyBytesError {
      answer = .failure(CommandFailure(.partIsDown, "\(url) answers more than \(maximumBytes) bytes."))
    } catch {
      answer = .failure(
        CommandFailure(.partIsDown, "\(url) cannot be fetched: \(type(of: error)).", nextStep: "Keep a copy and use --keys."))
    }
    try? await client.shutdown()
    return try answer.get()
  }
}
