import ArgumentParser
import BrokerClient
import CitizenItems
import Foundation
import JOSE
import LedgerTool

/// How to reach the broker, and as whom: options in front of `YONJO_LEDGER_…`.
struct ConnectionOptions: ParsableArguments {
  @Option(help: "The broker, https://host:port (YONJO_LEDGER_URL).") var url: String?
  @Option(help: "PEM file of the authority that vouches for it (YONJO_LEDGER_CA); without it those of the system.") var ca: String?
  @Option(help: "Client id (YONJO_LEDGER_CLIENT_ID).") var clientId: String?
  @Option(help: "PEM file of the client's private key, P-256 (YONJO_LEDGER_KEY).") var key: String?

  func connection() throws -> BrokerConnection {
    let url = try require(url, "--url")
    let id = try require(clientId, "--client-id")
    let key = try require(key, "--key")
    guard let signingKey = try? SigningKey(pemRepresentation: text(of: key)) else { throw LedgerToolError.keyFileMalformed(key) }
    let roots = try value(ca, "--ca").map { try text(of: $0) }
    do throws(BrokerClientError) {
      return try BrokerConnection(
        BrokerClientConfiguration(baseURL: url, trustRootsPEM: roots, credentials: .init(clientID: id, key: signingKey, scopes: ["ledger"]))
      )
    } catch {
      throw LedgerToolError.client(error)
    }
  }
}

/// Where the tag keys come from.
struct KeyOptions: ParsableArguments {
  @OptionGroup var connection: ConnectionOptions
  @Option(help: "PEM file of the private key to which tag keys are wrapped (YONJO_LEDGER_REGISTERED_KEY); scheme voprf needs none.")
  var registeredKey: String?
  @Option(
    help: "A saved answer of GET /v1/tag-keys, still wrapped, for tagging without a connection (YONJO_LEDGER_TAG_KEYS); voprf needs one.")
  var tagKeys: String?

  /// Runs something that may need a connection for as long as it makes tags: scheme `voprf` has the broker evaluate them. nil where no address is given;
  /// what needs one says so.
  func withConnection<Value>(_ body: (BrokerConnection?) async throws -> Value) async throws -> Value {
    guard try value(connection.url, "--url") != nil else { return try await body(nil) }
    let opened: BrokerConnection?
    // With saved keys of scheme hmac nobody is asked, and the other options may be missing.
    if try value(tagKeys, "--tag-keys") != nil { opened = try? connection.connection() } else { opened = try connection.connection() }
    do {
      let result = try await body(opened)
      await opened?.close()
      return result
    } catch {
      await opened?.close()
      throw error
    }
  }

  func tagger(by connection: BrokerConnection?) async throws -> TenantTagger {
    let key = try value(registeredKey, "--registered-key").map { path in
      guard let key = try? DecryptionKey(pemRepresentation: text(of: path)) else { throw LedgerToolError.keyFileMalformed(path) }
      return key
    }
    if let saved = try value(tagKeys, "--tag-keys") {
      guard let answer = try? JSONValue(parsing: Array(text(of: saved).utf8)) else { throw LedgerToolError.tagKeysMalformed }
      return try TenantTagger(answer: answer, broker: connection, registeredKey: key, at: Date())
    }
    guard let connection else { throw LedgerToolError.optionMissing("--url") }
    return try await TenantTagger.fetch(from: connection, registeredKey: key, at: Date())
  }
}

/// Which columns hold what, and how the file is written.
struct ColumnOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "JSON file that names the columns.",
      discussion: """
        {"ref": "CUSTOMER", "name": ["SEI", "MEI"], "address": 7, "dateOfBirth": {"column": "BIRTH", "format": "GYYMMDD", "eras": {"3": "S"}},
        "sex": {"column": "SEX", "codes": {"0": "male", "1": "female"}}}: names or positions from 1, several are joined. Two sides: "before.name" …
        Also "header": false, "encoding", "separator".
        """)) var columns: String?
  @Option(help: "utf-8 (unless the mapping file says otherwise) or cp932.", transform: Self.encoding) var encoding: TextEncoding?

  private static func encoding(_ name: String) throws -> TextEncoding {
    guard let encoding = TextEncoding(rawValue: name.lowercased()) else { throw ValidationError("--encoding is utf-8 or cp932.") }
    return encoding
  }

  func mapping() throws -> ColumnMapping {
    var mapping = try columns.map { path throws(LedgerToolError) in try ColumnMapping(path: path) } ?? ColumnMapping()
    if let encoding { mapping.encoding = encoding }
    return mapping
  }
}

/// An option, or its variable; nil where neither is set.
private func value(_ option: String?, _ name: String) throws -> String? {
  let variable = "YONJO_LEDGER_" + name.dropFirst(2).uppercased().replacing("-", with: "_")
  return option ?? ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
}

private func require(_ option: String?, _ name: String) throws -> String {
  guard let value = try value(option, name) else { throw LedgerToolError.optionMissing(name) }
  return value
}

private func text(of path: String) throws -> String {
  guard let data = FileManager.default.contents(atPath: path) else { throw LedgerToolError.unreadable(path) }
  return String(decoding: data, as: UTF8.self)
}
