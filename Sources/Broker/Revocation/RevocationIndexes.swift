public import Foundation
internal import Glibc
public import JPKI
internal import Logging
internal import PostgreSQL
internal import Synchronization

/// What a server has of revocation lists: indexes mapped from a directory that a process of its own fills (``RevocationSync``). Nothing here parses a list or
/// holds one in memory of its own.
public final class RevocationIndexes: Sendable {
  /// One list, for operators.
  public struct Summary: Sendable, Equatable {
    /// Signing or authentication.
    public let kind: CertificateKind
    /// Whether it is of a part only.
    public let isPart: Bool
    /// Its number.
    public let number: UInt64
    /// The source's time.
    public let thisUpdate: Date
    /// From when on it says nothing.
    public let nextUpdate: Date
    /// How many certificates it names.
    public let entries: Int
    /// Whether a newer one is in force, which this server does not have yet.
    public let isBehind: Bool
  }

  private struct Signature: Equatable {
    let device: UInt
    let inode: UInt
    let size: Int
    let seconds: Int
    let nanoseconds: Int
  }

  private struct Mapped: Sendable {
    let signature: Signature
    /// Nil where the file was refused.
    let list: RevocationList?
  }

  private struct State: Sendable {
    var files: [String: Mapped] = [:]
    var lists: [CertificateKind: [(key: RevocationListKey, list: RevocationList)]] = [:]
    var numbers: [RevocationListKey: UInt64] = [:]
    var alarms: [RevocationAlarm] = []
    var hasRound = false
  }

  private let directory: String?
  private let trust: TrustStore
  private let database: Database
  private let clock: any WallClock
  private let logger: Logger
  /// Comparing a checksum takes a tenth of a second for a large index: not beside the logins' work.
  private let mapping = WorkPool(threads: 1)
  private let state = Mutex(State())

  /// - Parameter directory: nil where this process has no lists.
  init(directory: String?, trust: TrustStore, database: Database, clock: any WallClock, logger: Logger) {
    self.directory = directory
    self.trust = trust
    self.database = database
    self.clock = clock
    self.logger = logger
  }

  /// Looks at directory and rows until cancelled.
  public func run(every pause: Duration = .seconds(2)) async {
    while !Task.isCancelled {
      await refresh()
      try? await Task.sleep(for: pause)
    }
  }

  /// Takes up what has changed: new indexes are mapped and swapped in at once, numbers and alarms are read from PostgreSQL.
  public func refresh() async {
    await refreshFiles()
    guard let results = try? await database.platform([BoundStatement(RevocationStore.inForce), BoundStatement(RevocationStore.alarms)]),
      let rows = try? RevocationStore.rows(results[0])
    else { return }
    let alarms = results[1].rows.compactMap { row -> RevocationAlarm? in
      guard let kind = (try? row.text(0)).flatMap(CertificateKind.init), let source = try? row.text(1), let reason = try? row.text(2) else {
        return nil
      }
      return RevocationAlarm(kind: kind, source: source, reason: reason)
    }
    state.withLock {
      $0.numbers = rows.mapValues(\.number)
      $0.alarms = alarms
    }
  }

  private func refreshFiles() async {
    guard let directory, let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return }
    let before = state.withLock { $0.files }
    var files: [String: Mapped] = [:]
    for name in names where name.hasSuffix(".index") {
      guard let kind = CertificateKind.allCases.first(where: { name.hasPrefix($0.rawValue + "-") }),
        let signature = Self.signature(directory + "/" + name)
      else { continue }
      if let known = before[name], known.signature == signature {
        files[name] = known
        continue
      }
      let (path, trust) = (directory + "/" + name, trust)
      do {
        let list = try await mapping.run { try RevocationList(mapping: path, trust: trust, kind: kind) }
        files[name] = Mapped(signature: signature, list: list)
        logger.info(
          "a revocation index is in use",
          metadata: [
            "event": "revocationIndexMapped", "kind": "\(kind.rawValue)", "number": "\(list.number)", "entries": "\(list.entryCount)",
          ])
      } catch {
        // What was mapped before goes on, as long as it is neither expired nor behind.
        files[name] = Mapped(signature: signature, list: before[name]?.list)
        logger.error(
          "a revocation index was refused",
          metadata: [
            "event": "revocationIndexRefused", "kind": "\(kind.rawValue)",
            "reason": "\((error as? RevocationIndexError)?.description ?? "cancelled")",
          ])
      }
    }
    let hasRound = names.contains(RevocationSync.marker)
    guard hasRound != state.withLock({ $0.hasRound }) || files.mapValues(\.signature) != before.mapValues(\.signature) else { return }
    var lists: [CertificateKind: [(key: RevocationListKey, list: RevocationList)]] = [:]
    for list in files.values.compactMap(\.list) { lists[list.issuer.kind, default: []].append((RevocationListKey(list), list)) }
    state.withLock {
      $0.files = files
      $0.lists = lists
      $0.hasRound = hasRound
    }
  }

  private static func signature(_ path: String) -> Signature? {
    var found = stat()
    guard lstat(path, &found) == 0 else { return nil }
    return Signature(
      device: UInt(found.st_dev), inode: UInt(found.st_ino), size: Int(found.st_size), seconds: found.st_mtim.tv_sec,
      nanoseconds: found.st_mtim.tv_nsec)
  }

  /// What the lists in force say, and when their source knew it; nil where there is none of this issuer.
  ///
  /// Whatever list names the certificate, it is revoked. It is good where a list that covers it (of all certificates, or of the part `point`) does not
  /// name it.
  ///
  /// - Parameter point: the GeneralName of the part that covers the certificate; nil where it is not known: then a part can only say "revoked".
  func word(
    _ serial: Serial, kind: CertificateKind, issuerKeyIdentifier: [UInt8]?, point: [UInt8]? = nil, at now: Date
  ) -> (status: RevocationStatus, sourceTime: Date)? {
    let (lists, numbers) = state.withLock { ($0.lists[kind] ?? [], $0.numbers) }
    var word: (status: RevocationStatus, sourceTime: Date)?
    for (key, list) in lists where issuerKeyIdentifier == nil || key.issuerKeyIdentifier == issuerKeyIdentifier {
      let status = list.status(of: serial, point: point, at: now, inForce: numbers[key] ?? 0)
      switch status {
      case .revoked: return (status, list.thisUpdate)
      case .good: word = (status, list.thisUpdate)
      case .unknown(let reason):
        // That another part does not know it says nothing, unless nobody says more.
        if word == nil || (word?.status == .unknown(.crlOfOtherPart) && reason != .crlOfOtherPart) { word = (status, list.thisUpdate) }
      }
    }
    return word
  }

  /// Every list in use.
  public var summaries: [Summary] {
    let (lists, numbers) = state.withLock { ($0.lists, $0.numbers) }
    return lists.values.joined().map { key, list in
      Summary(
        kind: key.kind, isPart: !key.part.isEmpty, number: list.number, thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate,
        entries: list.entryCount, isBehind: list.number < numbers[key] ?? 0)
    }
  }

  /// What is wrong with the lists that were fetched last.
  public var alarms: [RevocationAlarm] { state.withLock { $0.alarms } }

  /// Whether the process that fills the directory has come round once.
  public var hasRound: Bool { state.withLock { $0.hasRound } }

  /// How old the oldest list of this kind is, in seconds; nil where there is none.
  public func age(_ kind: CertificateKind) -> TimeInterval? {
    summaries.filter { $0.kind == kind }.map { clock.now().timeIntervalSince($0.thisUpdate) }.max()
  }

  func stop() async { try? await mapping.stop() }
}
