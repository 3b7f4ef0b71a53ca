internal import Foundation

/// A time-stamping authority made by the openssl program, for tests: it answers as `openssl ts` does.
public struct TimeStampingAuthority: Sendable {
  /// Everything of it lies there.
  public let directory: String
  /// Its root, PEM.
  public var trustFile: String { directory + "/root.pem" }
  /// The same as bytes.
  public var anchors: [UInt8] { FileManager.default.contents(atPath: trustFile).map(Array.init) ?? [] }

  /// Makes keys and certificates.
  public init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("yonjo-tsa-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let settings = """
      [tsa]
      default_tsa = one
      [one]
      serial = \(directory)/serial
      default_policy = 1.3.6.1.4.1.99999.1
      digests = sha256
      accuracy = secs:1
      ess_cert_id_chain = no
      ess_cert_id_alg = sha256
      """
    try settings.write(toFile: directory + "/tsa.cnf", atomically: true, encoding: .utf8)
    let key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
    try run(
      ["req", "-x509"] + key + ["-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Invented time root"])
    try run(
      ["req", "-x509"] + key + [
        "-CA", "root.pem", "-CAkey", "root.key", "-keyout", "tsa.key", "-out", "tsa.pem", "-subj", "/CN=Invented time",
      ]
        + ["-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "basicConstraints=critical,CA:FALSE"])
  }

  /// The answer to a TimeStampReq, DER both.
  public func reply(to request: [UInt8]) throws -> [UInt8] {
    let name = UUID().uuidString
    try Data(request).write(to: URL(fileURLWithPath: "\(directory)/\(name).tsq"))
    try run(
      [
        "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "\(name).tsq", "-signer", "tsa.pem", "-inkey", "tsa.key", "-sha256", "-out",
        "\(name).tsr",
      ])
    return FileManager.default.contents(atPath: "\(directory)/\(name).tsr").map(Array.init) ?? []
  }

  /// What `openssl ts -verify` says of a stamp over these bytes.
  public func verifies(_ response: [UInt8], over bytes: [UInt8]) throws -> Bool {
    let name = UUID().uuidString
    try Data(response).write(to: URL(fileURLWithPath: "\(directory)/\(name).tsr"))
    try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/\(name).txt"))
    do {
      try run(["ts", "-verify", "-data", "\(name).txt", "-in", "\(name).tsr", "-CAfile", "root.pem"])
      return true
    } catch is HouseFailure {
      return false
    }
  }

  /// Removes it.
  public func end() { try? FileManager.default.removeItem(atPath: directory) }

  private func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw HouseFailure("openssl \(arguments.prefix(2).joined(separator: " ")) failed.") }
  }
}
