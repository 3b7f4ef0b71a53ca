import Foundation
import Testing

/// Many spoiled inputs of one reader, given to it and to OpenSSL. What the reader accepts, OpenSSL must accept, and understand alike.
///
/// `YONJO_DIFFERENTIAL_INPUTS` says how many (2,000 where absent), `YONJO_DIFFERENTIAL_SEED` which, `YONJO_FINDINGS` where inputs are written that
/// either reader stumbles over: by default a directory of the temporary directory. The input at hand is written before it is tried, so that it
/// outlives a crash.
struct Campaign {
  let reader: String
  private(set) var accepted = 0
  private(set) var refused = 0

  static let inputs = number("YONJO_DIFFERENTIAL_INPUTS") ?? 2000
  static let seed = UInt64(number("YONJO_DIFFERENTIAL_SEED") ?? 2026)

  private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap(Int.init) }

  private static var directory: URL {
    ProcessInfo.processInfo.environment["YONJO_FINDINGS"].map { URL(filePath: $0) }
      ?? FileManager.default.temporaryDirectory.appending(path: "yonjo-findings")
  }

  /// Runs all inputs.
  ///
  /// - Parameters:
  ///   - input: makes the input of a mutator.
  ///   - judge: nil where the reader refuses; otherwise what is wrong with its accepting, empty where nothing is.
  static func run(
    _ reader: String, dictionary: [[UInt8]], input: (inout Mutator) throws -> [UInt8], judge: ([UInt8]) throws -> [String]?
  ) throws {
    var campaign = Campaign(reader: reader)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let last = directory.appending(path: "\(reader).last")
    let handle = open(last.path(percentEncoded: false), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(handle >= 0)
    defer { close(handle) }
    for index in 0..<inputs {
      var mutator = Mutator(seed: seed, index: index, dictionary: dictionary)
      let bytes = try input(&mutator)
      ftruncate(handle, 0)
      pwrite(handle, bytes, bytes.count, 0)
      guard let wrong = try judge(bytes) else {
        campaign.refused += 1
        continue
      }
      campaign.accepted += 1
      guard !wrong.isEmpty else { continue }
      let file = directory.appending(path: "\(reader)-\(seed)-\(index).der")
      try Data(bytes).write(to: file)
      Issue.record("\(reader), seed \(seed), input \(index), in \(file.path(percentEncoded: false)): \(wrong.joined(separator: "; "))")
    }
    try FileManager.default.removeItem(at: last)
    // A campaign in which nothing passes has compared nothing.
    #expect(campaign.accepted > inputs / 100, "\(reader): only \(campaign.accepted) of \(inputs) inputs were accepted")
    #expect(campaign.refused > inputs / 4, "\(reader): only \(campaign.refused) of \(inputs) inputs were refused")
    print("\(reader): \(inputs) inputs, seed \(seed): \(campaign.accepted) accepted by both, \(campaign.refused) refused by ours")
  }
}

/// A signed structure (certificate, CRL, OCSP answer's basic part) whose signed part can be spoiled and signed anew, so that what stands behind
/// the signature check is reached.
struct Resigned {
  let tbs: DERTree
  let rest: DERTree
  let key: any TestSigner

  /// `der` is SEQUENCE { tbs, algorithm, BIT STRING, … }.
  init(_ der: [UInt8], key: any TestSigner) throws {
    rest = try #require(DERTree(der))
    tbs = try #require(rest.children?.first)
    self.key = key
  }

  /// Spoiled: mostly inside what is signed, then signed anew; sometimes around it; sometimes blindly.
  func spoiled(_ mutator: inout Mutator) -> [UInt8] {
    if mutator.chance(8) { return mutator.spoil(bytes: rest.der) }
    var whole = rest
    let spoiledTBS = mutator.spoil(tbs)
    let signed = spoiledTBS.der
    whole.children?[0] = spoiledTBS
    whole.children?[2] = DERTree(tag: 3, content: [0] + key.sign(signed))
    return mutator.chance(8) ? mutator.spoil(whole).der : whole.der
  }
}
