import Foundation
import Synchronization
import Testing

@testable import JPKI

/// Lists in files: read in pieces, sorted in parts, mapped as an index.
struct RevocationIndexTests {
  /// Builds the index of a list, and says why it was not. Whether the list is read once or twice for it makes no difference.
  private func build(_ der: [UInt8], in directory: String, bounds: RevocationListBounds = RevocationListBounds()) throws
    -> PreparedRevocationIndex
  {
    try write(der, to: directory + "/list")
    func prepare(_ name: String, sortingIn: String?) throws -> PreparedRevocationIndex {
      try VerifiedRevocationList(
        file: directory + "/list", trust: World.trust, kind: .signing, at: World.now, bounds: bounds, sortingIn: sortingIn
      ).prepareIndex(at: directory + name)
    }
    let inOnePass = try prepare("/other", sortingIn: directory)
    let prepared = try prepare("/index", sortingIn: nil)
    #expect(try bytes(of: directory + "/other.new") == bytes(of: directory + "/index.new"))
    inOnePass.discard()
    return prepared
  }

  private func load(_ directory: String) throws -> RevocationList {
    try RevocationList(mapping: directory + "/index", trust: World.trust, kind: .signing)
  }

  private func error(_ body: () throws -> Void) -> RevocationIndexError? {
    do {
      try body()
      return nil
    } catch {
      return error as? RevocationIndexError
    }
  }

  // MARK: Round trip

  @Test func anIndexSaysWhatTheListSays() throws {
    try withDirectory { directory in
      let der = ListRecipe().der
      let prepared = try build(der, in: directory)
      #expect(!FileManager.default.fileExists(atPath: directory + "/index"))
      try prepared.install()
      let mapped = try load(directory)
      let held = try RevocationList(verifying: der, issuer: World.signingAnchor, at: World.now)
      #expect(mapped.issuer == held.issuer && mapped.number == held.number && mapped.contentDigest == held.contentDigest)
      #expect(mapped.thisUpdate == held.thisUpdate && mapped.nextUpdate == held.nextUpdate)
      #expect(mapped.entryCount == 3 && prepared.entryCount == 3)
      #expect(mapped.countsByReason == held.countsByReason && prepared.countsByReason == held.countsByReason)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["index", "list"])
      let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/index")
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(attributes[.size] as? Int == prepared.bytes)
    }
  }

  /// Random lists against a dictionary: serial numbers of one to twenty bytes, some named twice, every reason, both kinds of time.
  @Test(arguments: 0..<6) func whatIsInTheListIsFoundAndNothingElse(_ round: Int) throws {
    var random = MutationTests.Randomness(state: UInt64(100 + round))
    let longest = [4, 8, 20, 1, 9, 20][round]
    let count = [4000, 3000, 3000, 700, 500, 0][round]
    var recipe = ListRecipe(entries: [])
    var truth: [[UInt8]: (code: UInt8, seconds: Int)] = [:]
    for _ in 0..<count {
      var serial = (0..<Int.random(in: 1...longest, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      serial[0] = max(serial[0], 1)
      let codes: [UInt8?] = [nil, 1, 2, 3, 3, 3, 4, 5, 6, 9, 10, 42]
      let code = codes.randomElement(using: &random)!
      let day = Int.random(in: 1...28, using: &random)
      var entry = ListRecipe.Entry(1, reason: code)
      entry.serial = Encoder.integer(serial)
      entry.time = Encoder.utc("2606" + (day < 10 ? "0\(day)" : "\(day)") + "000000Z")
      recipe.entries.append(entry)
      let found = (code: code ?? UInt8(255), seconds: 1_780_272_000 + (day - 1) * 86_400)
      // Named twice: an end outweighs a change, and the first end stands.
      if let before = truth[serial], before.code != 3 { continue }
      truth[serial] = found
    }
    try withDirectory { directory in
      try build(recipe.der, in: directory).install()
      let list = try load(directory)
      #expect(list.entryCount == count)
      #expect(list.countsByReason.values.reduce(0, +) == count)
      var wrong = 0
      for (serial, expected) in truth {
        let status = list.status(of: try #require(Serial(serial)), at: World.now)
        let meaning: RevocationMeaning = expected.code == 3 ? .contentChanged : .ended
        if status != .revoked(meaning, at: Date(timeIntervalSince1970: TimeInterval(expected.seconds))) { wrong += 1 }
      }
      for _ in 0..<4000 {
        let serial = (0..<Int.random(in: 1...20, using: &random)).map { _ in UInt8.random(in: 1...255, using: &random) }
        if truth[serial] == nil, list.status(of: try #require(Serial(serial)), at: World.now) != .good { wrong += 1 }
      }
      #expect(wrong == 0)
    }
  }

  /// The neighbours of what is in the list, at the seams of the index's own blocks too.
  @Test func neighboursOfEverySerialNumberAreGood() throws {
    var recipe = ListRecipe()
    recipe.entries = (0..<2050).map { ListRecipe.Entry(70_000 + $0 * 3, reason: 4) }
    try withDirectory { directory in
      try build(recipe.der, in: directory).install()
      let list = try load(directory)
      var wrong = 0
      for number in 69_990...(70_000 + 2050 * 3 + 10) {
        let serial = try #require(Serial([UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)]))
        let isNamed = number >= 70_000 && number < 70_000 + 2050 * 3 && (number - 70_000) % 3 == 0
        if (list.status(of: serial, at: World.now) == .good) == isNamed { wrong += 1 }
      }
      #expect(wrong == 0)
      #expect(list.status(of: try #require(Serial([UInt8](repeating: 0xFF, count: 8))), at: World.now) == .good)
    }
  }

  @Test func theDetourOverPartsOnDiskChangesNothing() throws {
    try withDirectory { directory in
      var random = MutationTests.Randomness(state: 7)
      var whole = RecordSorter<ShortRecord>(scratch: nil)
      var parted = RecordSorter<ShortRecord>(scratch: directory, partRecords: 300)
      for _ in 0..<5000 {
        let record = ShortRecord(
          serial: UInt64.random(in: 0..<3000, using: &random), seconds: UInt32.random(in: 0..<9, using: &random),
          code: [3, 4].randomElement(using: &random)!)
        _ = whole.add(record)
        _ = parted.add(record)
      }
      try whole.finish()
      try parted.finish()
      var first: [[UInt64]] = []
      var second: [[UInt64]] = []
      try whole.drain { record throws(RevocationIndexError) in first.append([record.serial, UInt64(record.seconds), UInt64(record.code)]) }
      try parted.drain { record throws(RevocationIndexError) in second.append([record.serial, UInt64(record.seconds), UInt64(record.code)])
      }
      #expect(first == second)
      #expect(first.map { $0[0] } == Array(Set(first.map { $0[0] })).sorted())
      // The scratch file has no name.
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
  }

  /// A piece holds one mebibyte: entries that straddle its end are read once, and whole.
  @Test func aListOfSeveralPiecesIsReadAsOne() throws {
    let one = ListRecipe.Entry(0x0100_0000, reason: 3).der
    let count = 80_000
    var entries: [UInt8] = []
    entries.reserveCapacity(count * one.count)
    for number in 0..<count {
      let serial = 0x0100_0000 + (number * 7919) % count
      entries += one[..<4] + [UInt8(serial >> 24), UInt8(serial >> 16 & 255), UInt8(serial >> 8 & 255), UInt8(serial & 255)] + one[8...]
    }
    try withDirectory { directory in
      let prepared = try build(ListRecipe.der(ofEntries: entries), in: directory)
      #expect(prepared.countsByReason == [.affiliationChanged: count])
      try prepared.install()
      let list = try load(directory)
      for number in [0, 1, 27_000, count - 1] {
        let serial = 0x0100_0000 + number
        let bytes = [UInt8(serial >> 24), UInt8(serial >> 16 & 255), UInt8(serial >> 8 & 255), UInt8(serial & 255)]
        #expect(list.status(of: try #require(Serial(bytes)), at: World.now).reason == .contentChanged)
      }
      #expect(list.status(of: try #require(Serial([0x01, 0x02, 0, 0])), at: World.now) == .good)
    }
  }

  // MARK: Refusals

  @Test(arguments: RevocationListCases.recipes, [false, true])
  func aSpoiledListInAFileIsRefusedForTheSameReason(_ one: ListCase, _ isReadOnce: Bool) throws {
    try withDirectory { directory in
      try write(one.der, to: directory + "/list")
      #expect(
        error {
          _ = try VerifiedRevocationList(
            file: directory + "/list", issuer: World.signingAnchor, at: World.now, bounds: one.bounds,
            sortingIn: isReadOnce ? directory : nil
          ).prepareIndex(at: directory + "/index")
        } == .refused(one.expected))
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["list"])
    }
  }

  /// A list that nobody signed is refused for that, though an entry is wrong as well, and nothing that was sorted meanwhile remains.
  @Test func entriesReadBeforeTheSignatureIsVerifiedAreNotHeard() throws {
    let entry = ListRecipe.Entry(0x0100_0000, reason: 3).der
    var der = ListRecipe.der(ofEntries: Array(repeatElement(entry, count: 40_000).joined()) + [0x30, 0x01, 0x02])
    let verify = { (directory: String) in
      try VerifiedRevocationList(
        file: directory + "/list", trust: World.trust, kind: .signing, at: World.now, sortingIn: directory)
    }
    try withDirectory { directory in
      try write(der, to: directory + "/list")
      let verified = try verify(directory)
      #expect(error { _ = try verified.prepareIndex(at: directory + "/index") } == .refused(.crlMalformed))
      der[der.count - 1] ^= 1
      try write(der, to: directory + "/list")
      #expect(error { _ = try verify(directory) } == .refused(.crlSignature))
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["list"])
    }
  }

  @Test func theNumberThatAListClaimsIsReadWithoutItsSignature() throws {
    try withDirectory { directory in
      var der = ListRecipe().der
      der[der.count - 1] ^= 1
      try write(der, to: directory + "/list")
      let held = try RevocationList(verifying: ListRecipe().der, issuer: World.signingAnchor, at: World.now)
      #expect(VerifiedRevocationList.claimedNumber(file: directory + "/list") == held.number)
      #expect(VerifiedRevocationList.claimedNumber(file: directory + "/nothing") == nil)
      try write([0x30, 0x00], to: directory + "/list")
      #expect(VerifiedRevocationList.claimedNumber(file: directory + "/list") == nil)
    }
  }

  /// The table's times are those of the reader for single values: every month of the hundred years, and strings that are nearly times.
  @Test func timesByTableAreTimes() {
    let table = UTCTimeTable()
    var random = MutationTests.Randomness(state: 11)
    var (differences, times) = (0, 0)
    func compare(_ text: [UInt8]) {
      let slow = try? DERTime.utc(text, 0..<text.count)
      if text.withUnsafeBufferPointer({ try? table.utc($0.baseAddress!) }) != slow { differences += 1 }
      if slow != nil { times += 1 }
    }
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
    for year in 0..<100 {
      for month in 0...13 {
        for day in [0, 1, 28, 29, 30, 31, 32] { compare(Array("\(two(year))\(two(month))\(two(day))235959Z".utf8)) }
      }
    }
    #expect(times > 100 * 12 * 4)
    for _ in 0..<50_000 {
      var text = Array("240229235959Z".utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        text[Int.random(in: 0..<13, using: &random)] = UInt8.random(in: 0x28...0x42, using: &random)
      }
      compare(text)
    }
    #expect(differences == 0)
  }

  @Test func aListOfTooManyEntriesIsRefused() throws {
    try withDirectory { directory in
      #expect(
        error { _ = try build(ListRecipe().der, in: directory, bounds: RevocationListBounds(maximumEntries: 2)) } == .refused(.crlTooLarge))
      _ = try build(ListRecipe().der, in: directory, bounds: RevocationListBounds(maximumEntries: 3))
    }
  }

  @Test func aListThatIsNoFileIsUnreadable() throws {
    try withDirectory { directory in
      for path in [directory, directory + "/nothing"] {
        #expect(
          error { _ = try VerifiedRevocationList(file: path, trust: World.trust, kind: .signing, at: World.now) } == .unreadable)
      }
    }
  }

  @Test func aListThatChangesBetweenSignatureAndEntriesIsRefused() throws {
    try withDirectory { directory in
      let path = directory + "/list"
      try write(ListRecipe().der, to: path)
      let verified = try VerifiedRevocationList(file: path, trust: World.trust, kind: .signing, at: World.now)
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data([0]))
      try handle.close()
      #expect(error { _ = try verified.prepareIndex(at: directory + "/index") } == .changedWhileRead)
      #expect(error { _ = try verified.count() } == .changedWhileRead)
    }
  }

  @Test func withoutADirectoryNothingIsWritten() throws {
    try withDirectory { directory in
      try write(ListRecipe().der, to: directory + "/list")
      let verified = try VerifiedRevocationList(file: directory + "/list", trust: World.trust, kind: .signing, at: World.now)
      #expect(error { _ = try verified.prepareIndex(at: directory + "/missing/index") } == .notWritten)
    }
  }

  // MARK: Damaged and foreign

  @Test func anIndexWithAnyByteChangedIsRefused() throws {
    try withDirectory { directory in
      try build(ListRecipe(point: ListRecipe.part(World.pointName(.signing))).der, in: directory).install()
      let whole = try bytes(of: directory + "/index")
      var accepted = 0
      // The padding behind the records means nothing; all else is covered.
      for place in 0..<(whole.count - 8) {
        var changed = whole
        changed[place] ^= 0x10
        try write(changed, to: directory + "/index")
        if error({ _ = try load(directory) }) != .damaged { accepted += 1 }
      }
      #expect(accepted == 0)
    }
  }

  @Test func anIndexThatIsCutOrLongerIsRefused() throws {
    try withDirectory { directory in
      try build(ListRecipe().der, in: directory).install()
      let whole = try bytes(of: directory + "/index")
      for length in [0, 1, 8, 23, 24, 200, whole.count - 9, whole.count - 1] {
        try write(Array(whole[..<length]), to: directory + "/index")
        #expect(error { _ = try load(directory) } == .damaged)
      }
      try write(whole + [0], to: directory + "/index")
      #expect(error { _ = try load(directory) } == .damaged)
      try write(whole, to: directory + "/index")
      #expect(error { _ = try load(directory) } == nil)
    }
  }

  @Test func anotherIssuersOrOpenIndexIsForeign() throws {
    try withDirectory { directory in
      try build(ListRecipe().der, in: directory).install()
      #expect(error { _ = try RevocationList(mapping: directory + "/index", trust: World.trust, kind: .authentication) } == .foreign)
      let others = try TrustStore(
        environment: .simulator, signing: [World.youngerSigningAuthority.certificate],
        authentication: [World.authenticationAuthority.certificate])
      #expect(error { _ = try RevocationList(mapping: directory + "/index", trust: others, kind: .signing) } == .foreign)
      for permissions in [0o660, 0o604] {
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: directory + "/index")
        #expect(error { _ = try load(directory) } == .foreign)
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: directory + "/index")
      try FileManager.default.createSymbolicLink(atPath: directory + "/link", withDestinationPath: directory + "/index")
      #expect(
        error { _ = try RevocationList(mapping: directory + "/link", trust: World.trust, kind: .signing) } == .unreadable)
    }
  }

  // MARK: Swapping

  private final class Shared: Sendable {
    let current: Mutex<RevocationList>
    let isOver = Mutex(false)

    init(_ list: RevocationList) { current = Mutex(list) }
  }

  /// A new index takes the place of the one that others look into: they go on with the old one, unharmed, until they map the new one.
  @Test func anIndexIsSwappedUnderConcurrentLookUps() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "yonjo-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let generations = (0..<12).map { generation in
      // Every generation names serial number 7 and one of its own.
      ListRecipe(
        entries: (0..<600).map { ListRecipe.Entry(10_000 + $0) } + [ListRecipe.Entry(7), ListRecipe.Entry(100 + generation)],
        number: Encoder.integer(3000 + generation)
      ).der
    }
    try build(generations[0], in: directory).install()
    let shared = Shared(try load(directory))
    let everyone = try #require(Serial([7]))
    let looks = await withTaskGroup(of: (looks: Int, wrong: Int).self) { group in
      for _ in 0..<3 {
        group.addTask {
          var (looks, wrong) = (0, 0)
          while !shared.isOver.withLock({ $0 }) {
            let list = shared.current.withLock { $0 }
            let own = Serial([UInt8(100 + Int(list.number) - 3000)])
            if list.status(of: everyone, at: World.now).reason != .ended { wrong += 1 }
            if own.map({ list.status(of: $0, at: World.now).reason }) != .ended { wrong += 1 }
            looks += 1
            await Task.yield()
          }
          return (looks, wrong)
        }
      }
      group.addTask {
        var wrong = 0
        for generation in generations.dropFirst() {
          do {
            try self.build(generation, in: directory).install()
            let list = try self.load(directory)
            shared.current.withLock { $0 = list }
          } catch {
            wrong += 1
          }
          await Task.yield()
        }
        shared.isOver.withLock { $0 = true }
        return (0, wrong)
      }
      return await group.reduce((looks: 0, wrong: 0)) { ($0.looks + $1.looks, $0.wrong + $1.wrong) }
    }
    #expect(looks.wrong == 0)
    #expect(shared.current.withLock { $0.number } == 3011)
    // Superseded indexes are gone.
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["index", "list"])
  }

  @Test func anIndexPrintsNoSerial() throws {
    try withDirectory { directory in
      var recipe = ListRecipe()
      recipe.entries[1].serial = Encoder.integer(27_440_069)
      try build(recipe.der, in: directory).install()
      let list = try load(directory)
      var dumped = ""
      dump(list, to: &dumped)
      for text in [dumped, "\(list)", String(reflecting: list)] { #expect(!text.contains("27440069")) }
      #expect(dumped.contains("<redacted>"))
    }
  }
}
