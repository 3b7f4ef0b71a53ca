import BrokerClient
import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import PostgreSQL
import Story
import TestSupport

@testable import Broker
@testable import JLISSimulator
@testable import Story

/// What a told house knows and must keep to itself.
enum Secrets {
  /// The items of the story's citizens: as the cards spell them, as the ledger does, and the parts that say enough by themselves.
  static let items: [Canary] = {
    let citizens = [Invented.hanako, Invented.taro, Invented.jiro, Invented.saburo]
    let rows = [Invented.hanakoInLedger(""), Invented.taroInLedger(""), Invented.hanakoInLedgerAfterMove("")]
    let names = citizens.map(\.name) + rows.map(\.name) + ["花子", "はな子", "太郎", "次郎", "三郎", "無久志", "時尾"]
    let addresses =
      citizens.flatMap { [$0.address, $0.newAddress] } + rows.map(\.address) + ["清瀬市四季町", "横浜市中区汐風町", "四季町1-2-3", "汐風町４"]
    let births = ["1990-04-01", "1988-11-23", "1970-01-31", "1975-05-05"]
    let spellings =
      births.flatMap { [$0, $0.replacing("-", with: "/"), $0.replacing("-", with: "")] }
      + ["平成2年4月1日", "昭和63年11月23日", "昭和45年1月31日", "昭和50年5月5日", "H2.4.1", "S63.11.23", "4020401", "3631123", "3450131", "3500505"]
    return Set(names + addresses).filter { !$0.isEmpty }.sorted().map { .text("item “\($0)”", $0) }
      + Set(names + addresses).map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }.map { .text("item “\($0)”", $0) }
      + spellings.map { .text("date of birth “\($0)”", $0, asWord: true) }
  }()

  /// Serials, certificates and public keys of every card that was issued.
  static func cards(of simulator: SimulatedJLIS) throws -> (serials: [Canary], certificates: [Canary], publicKeys: [Canary]) {
    let records = try simulator.store.read { $0.certificates }
    return (
      records.map { .serial("serial of \($0.citizenID)'s \($0.authority.rawValue) certificate", Array($0.serial)) },
      // The middle: whoever cuts the ends off keeps that.
      records.map { .bytes("certificate of \($0.citizenID) (\($0.authority.rawValue))", Array($0.der.dropFirst(64).prefix(256))) },
      try records.map { record in
        let key = try simulator.vault.key(record.keyID).subjectPublicKeyInfo
        return .bytes("public key of \(record.citizenID) (\(record.authority.rawValue))", Array(key.dropFirst(40).prefix(200)))
      }
    )
  }

  /// Every key of the broker, as it is in the serving process's memory: root, platform, tenants; and the clients' private ones.
  static func keys(of house: House) async throws -> [Canary] {
    let file = try String(contentsOfFile: house.rootKeyFile, encoding: .utf8)
    var keys: [Canary] = file.split(separator: "\n").compactMap { line in
      line.split(separator: ":").last.flatMap { Base64URL.decode(String($0)) }.map { .bytes("root key", $0) }
    }
    let root = try RootKey(file: house.rootKeyFile)
    keys += try await Tables.with(house.database.superuserURL) { pool in
      let platform = try await pool.query(Statement("scenario_platform_keys", "select purpose, version, wrapped from platform_keys")).rows
      let tenants = try await pool.query(Statement("scenario_keys", "select purpose, version, wrapped, tenant_id from tenant_keys")).rows
      return try (Array(platform) + Array(tenants)).map { row in
        let tenant = row.columnCount == 4 ? TenantID(try row.uuid(3)) : nil
        let purpose = try row.text(0)
        let context = KeyAdministration.context(tenant: tenant, purpose: purpose, version: try row.int(1))
        return .bytes("\(tenant == nil ? "platform" : "tenant") key \(purpose)", try root.unwrap(try row.bytes(2), context: context))
      }
    }
    for name in StoryRole.allCases.map(\.rawValue) + ["ledger-key"] {
      let key = try SigningKey(pemRepresentation: String(contentsOfFile: "\(house.secrets)/\(name).pem", encoding: .utf8))
      keys.append(.bytes("private key of \(name)", key.rawRepresentation))
    }
    return keys
  }
}
