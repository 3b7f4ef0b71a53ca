internal import Foundation
public import JLIS
public import JPKI
public import Logging
internal import PostgreSQL

/// Where lists come from and when one is not taken.
public struct RevocationSyncSettings: Sendable {
  /// Where the indexes lie, which servers map; made where absent, mode 0700.
  public var directory: String
  /// Lists that somebody puts here (`sign*.crl`, `auth*.crl`, of all certificates or of parts) are taken in place of J-LIS's full ones; nil: J-LIS is asked.
  public var listDirectory: String?
  /// A list that names fewer certificates than the one in force by more than this share is not taken.
  public var maximumShrink: Double
  /// Nor is it looked at where it is by fewer certificates than this: small lists breathe.
  public var shrinkFloor: Int
  /// What a list may be at most.
  public var bounds: RevocationListBounds

  /// One tenth; a hundred.
  public init(
    directory: String, listDirectory: String? = nil, maximumShrink: Double = 0.1, shrinkFloor: Int = 100,
    bounds: RevocationListBounds = RevocationListBounds()
  ) {
    self.directory = directory
    self.listDirectory = listDirectory
    self.maximumShrink = maximumShrink
    self.shrinkFloor = shrinkFloor
    self.bounds = bounds
  }
}

/// What became of one list.
public struct RevocationSyncOutcome: Sendable, Equatable {
  /// How it ended.
  public enum Result: Sendable, Equatable {
    /// It is in force.
    case installed(number: UInt64, entries: Int)
    /// It is the one that is in force already.
    case unchanged(number: UInt64)
    /// It was not taken, and an alarm was raised; what was in force stays.
    case refused(reason: String)
    /// There was none, or it could not be dealt with; what was in force stays.
    case failed(reason: String)
  }

  /// Signing or authentication.
  public let kind: CertificateKind
  /// `all`, or the part's file.
  public let source: String
  /// How it ended.
  public let result: Result
}

/// Fetches lists, verifies them, builds their indexes and records their numbers: the work of a process of its own. Servers only map what it leaves
/// (``RevocationIndexes``).
///
/// A list is in force when its index lies in its place and its number stands in PostgreSQL, in that order: a server never holds less than the row says
/// because of this process being cut in between.
public final class RevocationSync: Sendable {
  private let jlis: any JLISService
  private let trust: TrustStore
  private let database: Database
  private let settings: RevocationSyncSettings
  private let clock: any WallClock
  private let work: WorkPool
  private let logger: Logger

  /// - Parameter work: one thread; everything is done one list after another.
  public init(
    jlis: any JLISService, trust: TrustStore, database: Database, settings: RevocationSyncSettings, clock: any WallClock, work: WorkPool,
    logger: Logger
  ) {
    self.jlis = jlis
    self.trust = trust
    self.database = database
    self.settings = settings
    self.clock = clock
    self.work = work
    self.logger = logger
  }

  /// The file whose time says when a round ended last.
  static let marker = "round"
  private static let fetched = "fetched-"

  /// One round over all lists.
  ///
  /// - Parameter acceptShrink: kinds whose lists may shrink this once, as an operator has decided.
  public func once(acceptShrink: Set<CertificateKind> = []) async -> [RevocationSyncOutcome] {
    var outcomes: [RevocationSyncOutcome] = []
    do {
      try prepareDirectory()
    } catch {
      logger.error("the directory of revocation indexes cannot be used", metadata: ["event": "revocationDirectoryUnusable"])
      return CertificateKind.allCases.map { RevocationSyncOutcome(kind: $0, source: "all", result: .failed(reason: "directoryUnusable")) }
    }
    for kind in CertificateKind.allCases {
      for source in sources(kind) {
        let result = await take(kind, source, acceptsShrink: acceptShrink.contains(kind))
        outcomes.append(RevocationSyncOutcome(kind: kind, source: source.name, result: result))
      }
    }
    let marker = settings.directory + "/" + Self.marker
    try? Data().write(to: URL(fileURLWithPath: marker))
    return outcomes
  }

  /// Rounds until cancelled: at once, then at every interval, and whenever another replica has put a newer list in force.
  public func run(every interval: Duration, lookingEvery pause: Duration = .seconds(5)) async {
    var patience = pause
    while !Task.isCancelled {
      _ = await once()
      let ended = ContinuousClock.now
      while !Task.isCancelled, ContinuousClock.now < ended + interval {
        try? await Task.sleep(for: pause)
        guard await isBehind() else {
          patience = pause
          continue
        }
        if ContinuousClock.now >= ended + patience {
          // A source that stays behind is not asked without end.
          patience = min(patience * 2, interval)
          break
        }
      }
    }
  }

  /// Whether an index here is older than the row says.
  private func isBehind() async -> Bool {
    guard let results = try? await database.platform([BoundStatement(RevocationStore.inForce)]),
      let rows = try? RevocationStore.rows(results[0])
    else { return false }
    let (trust, directory) = (trust, settings.directory)
    return rows.contains { key, row in
      guard trust.anchor(key.kind, keyIdentifier: key.issuerKeyIdentifier) != nil else { return false }
      guard let number = RevocationList.number(ofIndex: directory + "/" + key.fileName) else { return key.part.isEmpty }
      return number < row.number
    }
  }

  // MARK: Sources

  private struct Source {
    let name: String
    /// Nil: J-LIS is asked.
    let file: String?
  }

  private func sources(_ kind: CertificateKind) -> [Source] {
    guard let directory = settings.listDirectory else { return [Source(name: "all", file: nil)] }
    let prefix = kind == .signing ? "sign" : "auth"
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    let lists = files.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".crl") && $0.count <= 200 }.sorted().prefix(4096)
    return lists.isEmpty
      ? [Source(name: "all", file: directory + "/" + prefix + ".crl")] : lists.map { Source(name: $0, file: directory + "/" + $0) }
  }

  /// The directory is this user's alone. What an earlier process that was killed has left behind is destroyed.
  private func prepareDirectory() throws {
    try FileManager.default.createDirectory(
      atPath: settings.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for file in try FileManager.default.contentsOfDirectory(atPath: settings.directory)
    where file.hasPrefix(Self.fetched) || file.hasSuffix(".new") {
      try FileManager.default.removeItem(atPath: settings.directory + "/" + file)
    }
  }

  // MARK: One list

  private struct NotTaken: Error {
    let reason: String
    /// Whether somebody must look: the list itself is wrong.
    var isAlarm = true
    var number: UInt64?
    var entries: Int?
  }

  private func take(_ kind: CertificateKind, _ source: Source, acceptsShrink: Bool) async -> RevocationSyncOutcome.Result {
    do {
      let result = try await install(kind, source, acceptsShrink)
      _ = try? await database.platform([BoundStatement(RevocationStore.clear, [.text(kind.rawValue), .text(source.name)])])
      return result
    } catch {
      return await note(kind, source, error)
    }
  }

  private func note(_ kind: CertificateKind, _ source: Source, _ error: any Error) async -> RevocationSyncOutcome.Result {
    let trouble: NotTaken
    switch error {
    case let error as NotTaken: trouble = error
    case let error as RevocationIndexError:
      if case .refused(let reason) = error {
        trouble = NotTaken(reason: reason.rawValue)
      } else {
        trouble = NotTaken(reason: Self.reason(error), isAlarm: false)
      }
    case let error as JLISError: trouble = NotTaken(reason: "source:\(error.description)", isAlarm: false)
    case is Refusal: trouble = NotTaken(reason: "databaseUnavailable", isAlarm: false)
    default: trouble = NotTaken(reason: "internal", isAlarm: false)
    }
    var metadata: Logger.Metadata = [
      "event": trouble.isAlarm ? "revocationListRefused" : "revocationListFailed", "kind": "\(kind.rawValue)", "source": "\(source.name)",
      "reason": "\(trouble.reason)",
    ]
    if let number = trouble.number { metadata["number"] = "\(number)" }
    if let entries = trouble.entries { metadata["entries"] = "\(entries)" }
    logger.error(
      trouble.isAlarm ? "a revocation list was refused; the one before stays in force" : "a revocation list was not brought up to date",
      metadata: metadata)
    _ = try? await database.platform([
      BoundStatement(
        RevocationStore.raise,
        [
          .text(kind.rawValue), .text(source.name), .text(String(trouble.reason.prefix(100))),
          trouble.number.map { .int8(Int64(clamping: $0)) } ?? .null, trouble.entries.map { .int8(Int64($0)) } ?? .null,
          .timestamp(clock.now()),
        ])
    ])
    return trouble.isAlarm ? .refused(reason: trouble.reason) : .failed(reason: trouble.reason)
  }

  private static func reason(_ error: RevocationIndexError) -> String {
    switch error {
    case .refused(let reason): reason.rawValue
    case .unreadable: "unreadable"
    case .changedWhileRead: "changedWhileRead"
    case .notWritten: "notWritten"
    case .damaged: "damaged"
    case .foreign: "foreign"
    }
  }

  private func install(_ kind: CertificateKind, _ source: Source, _ acceptsShrink: Bool) async throws -> RevocationSyncOutcome.Result {
    let file: String
    if let own = source.file {
      file = own
    } else {
      file = settings.directory + "/" + Self.fetched + UUID().uuidString
    }
    // A list holds serial numbers: what was fetched is destroyed as soon as its index is there.
    defer { if source.file == nil { try? FileManager.default.removeItem(atPath: file) } }
    if source.file == nil { try await jlis.saveRevocationList(kind: kind, to: file) }
    let (trust, bounds, now, directory) = (trust, settings.bounds, clock.now(), settings.directory)
    let inForce = try RevocationStore.rows(try await database.platform([BoundStatement(RevocationStore.inForce)])[0])
    let list = try await work.run {
      // A list that is in force already needs no index; any other one is sorted while it is hashed.
      let claimed = VerifiedRevocationList.claimedNumber(file: file)
      let ofKind = inForce.filter { $0.key.kind == kind }
      let isHeld = ofKind.contains { $0.value.number == claimed }
      // Servers here that have what is in force can wait for what comes after it.
      let isServed = ofKind.allSatisfy { key, row in
        row.nextUpdate > now && RevocationList.number(ofIndex: directory + "/" + key.fileName).map { $0 >= row.number } == true
      }
      return try VerifiedRevocationList(
        file: file, trust: trust, kind: kind, at: now, bounds: bounds, sortingIn: isHeld ? nil : directory,
        pace: isServed && !ofKind.isEmpty ? .unhurried : .atOnce)
    }
    let key = RevocationListKey(kind: kind, issuerKeyIdentifier: list.issuer.subjectKeyIdentifier, points: list.distributionPoints)
    let before = inForce[key]
    if let before, list.number < before.number { throw NotTaken(reason: "numberWentBack", number: list.number) }
    let path = settings.directory + "/" + key.fileName
    if let before, before.number == list.number,
      let held = try? await work.run({ try RevocationList(mapping: path, trust: trust, kind: kind) }),
      held.contentDigest == list.contentDigest
    {
      return .unchanged(number: list.number)
    }
    let index = try await work.run { try list.prepareIndex(at: path) }
    do {
      if let before, !acceptsShrink { try checkShrink(index.entryCount, before: before.entries, list.number) }
      try index.install()
    } catch {
      index.discard()
      throw error
    }
    var parameters: [SQLValue] = [
      .text(kind.rawValue), .bytes(key.issuerKeyIdentifier), .int8(Int64(clamping: list.number)), .timestamp(list.thisUpdate),
      .timestamp(list.nextUpdate), .int8(Int64(index.entryCount)), .timestamp(now),
    ]
    if !key.part.isEmpty { parameters.append(.bytes(key.part)) }
    let statement = key.part.isEmpty ? RevocationStore.installList : RevocationStore.installPart
    let result = try await database.platform([BoundStatement(statement, parameters)])
    // Another replica was quicker with a newer one; servers here go by the row.
    guard result[0].affectedRows == 1 else { throw NotTaken(reason: "numberWentBack", number: list.number) }
    logger.info(
      "a revocation list is in force",
      metadata: [
        "event": "revocationListInstalled", "kind": "\(kind.rawValue)", "source": "\(source.name)", "number": "\(list.number)",
        "entries": "\(index.entryCount)",
      ])
    return .installed(number: list.number, entries: index.entryCount)
  }

  private func checkShrink(_ entries: Int, before: Int, _ number: UInt64) throws {
    let allowed = max(Double(before) * settings.maximumShrink, Double(settings.shrinkFloor))
    if Double(before - entries) > allowed { throw NotTaken(reason: "shrunk", number: number, entries: entries) }
  }
}
