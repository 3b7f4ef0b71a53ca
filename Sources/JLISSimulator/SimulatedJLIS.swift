public import Foundation
import JLIS
public import JPKI

/// J-LIS, simulated: two certificate authorities, the citizens with their cards, revocation data, links, consents and latest items.
///
/// All of it lies in a state directory that several processes may share at once (`serve`, `citizen new`, `card sign` …), or in memory where no
/// directory is named. Everything is done at the moment that `clock` tells, to the second. Methods block for milliseconds, and where keys are
/// made for some hundred milliseconds.
public final class SimulatedJLIS: Sendable {
  let store: StateStore
  let vault: KeyVault
  let keyMaker: KeyMaker
  private let clock: @Sendable () -> Date

  /// Opens the state in `stateDirectory` (made where absent, mode 0700), or a new one in memory when nil. The first opening makes the
  /// authorities: four RSA keys.
  ///
  /// - Throws: ``StateError`` where the directory cannot be used.
  public init(stateDirectory: String?, keys: KeySource = .fresh, clock: @escaping @Sendable () -> Date = { Date() }) throws {
    store = try StateStore(directory: stateDirectory)
    vault = try KeyVault(stateDirectory: stateDirectory)
    keyMaker = KeyMaker(source: keys)
    self.clock = clock
    try establish([.sign, .auth])
    if let stateDirectory { try exportTrust(to: "\(stateDirectory)/trust") }
  }

  /// This moment, whole seconds.
  var now: Date { Date(timeIntervalSince1970: clock().timeIntervalSince1970.rounded(.down)) }

  // MARK: Trust

  /// The root of that kind, DER: what a broker puts into its trust store.
  public func root(_ kind: CertificateKind) throws -> [UInt8] {
    try authority(.genuine(kind)).certificate
  }

  /// Writes both roots as PEM into `directory`, named as the broker's trust store expects: `sign_sim.pem` and `auth_sim.pem`.
  public func exportTrust(to directory: String) throws {
    try PrivateFile.makeDirectory(directory)
    for name in [AuthorityName.sign, .auth] {
      let path = "\(directory)/\(name.rawValue)_sim.pem"
      let pem = Array(PEM.encode(try authority(name).certificate, label: "CERTIFICATE").utf8)
      if (try? PrivateFile.read(path)) != pem { try PrivateFile.replace(path, pem) }
    }
  }

  // MARK: Settings

  /// Where certificates issued from now on say that OCSP is: `http://host:port`.
  public func setPublicAddress(_ address: String) throws {
    try store.change { $0.publicAddress = address }
  }

  /// What goes wrong at present.
  public var faults: Faults {
    get throws { try store.read { $0.faults } }
  }

  /// Makes things go wrong from now on, for every process of this state.
  public func setFaults(_ faults: Faults) throws {
    try store.change { $0.faults = faults }
  }

  /// How the OCSP responder behaves.
  public var responderSwitches: ResponderSwitches {
    get throws { try store.read { $0.switches } }
  }

  /// Makes the responder behave so from now on, for every process of this state.
  public func setResponderSwitches(_ switches: ResponderSwitches) throws {
    try store.change { $0.switches = switches }
  }

  // MARK: Keys

  /// New keys; slow, so never within a change of the state.
  func makeKeys(_ count: Int) throws -> [RSAKey] {
    // Fresh keys have no numbers, and so need no note in the state.
    let first = keyMaker.source == .fresh ? 0 : try store.change { state in state.takeKeyNumbers(count) }
    return try (first..<first + count).map(keyMaker.make(number:))
  }

  // MARK: Authorities

  /// Makes those authorities that are not there yet.
  func establish(_ names: [AuthorityName]) throws {
    let missing = try store.read { state in names.filter { state.authority($0) == nil } }
    for name in missing {
      let keys = try makeKeys(2)
      let record = try Authority.establish(name, key: keys[0], responderKey: keys[1], vault: vault, at: now)
      // Another process may have been quicker: then its authority stands and this one is forgotten.
      try store.change { state in if state.authority(name) == nil { state.add(record) } }
    }
  }

  /// An authority with its keys; rogue ones are made when first asked for.
  func authority(_ name: AuthorityName) throws -> Authority {
    if try store.read({ $0.authority(name) }) == nil { try establish([name]) }
    guard let record = try store.read({ $0.authority(name) }) else { throw SimulatorRefusal.keyMissing }
    return try Authority(record, vault: vault)
  }
}
