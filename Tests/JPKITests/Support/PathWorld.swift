import JPKI

/// An authority of no profile, for paths of several hops.
struct PathAuthority: Sendable {
  let name: [UInt8]
  let key: TestKey
  let certificate: [UInt8]

  /// A root.
  init(root common: String, spoil: (inout Recipe) -> Void = { _ in }) {
    name = Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", common)])
    key = TestKey()
    var recipe = Self.recipe(issuer: name, issuerKey: key, subject: name, key: key, serial: 1)
    recipe[ExtensionID.authorityKeyIdentifier] = nil
    spoil(&recipe)
    certificate = recipe.signed(by: key)
  }

  /// One below another.
  init(_ common: String, below issuer: PathAuthority, key: TestKey = TestKey(), spoil: (inout Recipe) -> Void = { _ in }) {
    name = Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", common)])
    self.key = key
    var recipe = Self.recipe(issuer: issuer.name, issuerKey: issuer.key, subject: name, key: key, serial: 2)
    spoil(&recipe)
    certificate = recipe.signed(by: issuer.key)
  }

  /// A certificate of somebody, by this authority.
  func certificate(key: TestKey = World.otherCardKey, serial: Int = 5, spoil: (inout Recipe) -> Void = { _ in }) -> [UInt8] {
    var recipe = Self.recipe(
      issuer: name, issuerKey: self.key, subject: Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", "somebody")]), key: key, serial: serial)
    recipe[ExtensionID.basicConstraints] = nil
    recipe[ExtensionID.keyUsage]?.value = Encoder.bits([0x80], unused: 7)
    spoil(&recipe)
    return recipe.signed(by: self.key)
  }

  /// A revocation list by this authority, good for July 2026.
  func list(revoking serials: [Int] = [], number: Int = 1, nextUpdate: String = "260801000000Z", others: [[UInt8]] = []) -> [UInt8] {
    let entries = serials.flatMap { Encoder.sequence(Encoder.integer($0), Encoder.utc("260601000000Z")) }
    let extensions =
      [
        Encoder.extension(ExtensionID.authorityKeyIdentifier, Encoder.sequence(Encoder.primitive(0, key.identifier))),
        Encoder.extension(ExtensionID.crlNumber, Encoder.integer(number)),
      ] + others
    let tbs = Encoder.sequence(
      Encoder.integer(1), Encoder.algorithm(Algorithm.sha256WithRSA), name, Encoder.utc("260630000000Z"), Encoder.utc(nextUpdate),
      entries.isEmpty ? [] : Encoder.element(0x30, entries), Encoder.explicit(0, Encoder.element(0x30, extensions.flatMap { $0 })))
    return Encoder.sequence(tbs, Encoder.algorithm(Algorithm.sha256WithRSA), Encoder.bits(key.sign(tbs)))
  }

  private static func recipe(issuer: [UInt8], issuerKey: TestKey, subject: [UInt8], key: TestKey, serial: Int) -> Recipe {
    Recipe(
      serial: Encoder.integer(serial), issuer: issuer, subject: subject, publicKeyInfo: key.publicKeyInfo,
      extensions: [
        .init(oid: ExtensionID.keyUsage, critical: true, value: Encoder.bits([0x06], unused: 1)),
        .init(oid: ExtensionID.basicConstraints, critical: true, value: Encoder.sequence(Encoder.boolean(true))),
        .init(oid: ExtensionID.authorityKeyIdentifier, value: Encoder.sequence(Encoder.primitive(0, issuerKey.identifier))),
        .init(oid: ExtensionID.subjectKeyIdentifier, value: Encoder.octets(key.identifier)),
      ])
  }
}

/// Root, two authorities below, and somebody's certificate.
enum PathWorld {
  static let root = PathAuthority(root: "Root")
  static let middle = PathAuthority("Middle", below: root)
  static let lower = PathAuthority("Lower", below: middle)
  static let certificate = lower.certificate()

  static func material(
    anchors: [[UInt8]] = [root.certificate], intermediates: [[UInt8]] = [lower.certificate, middle.certificate], lists: [[UInt8]] = []
  ) throws(PathInputError) -> PathMaterial {
    var material = PathMaterial()
    for one in anchors { try material.add(file: one, as: .anchor) }
    for one in intermediates { try material.add(file: one, as: .intermediate) }
    for one in lists { try material.add(file: one, as: .revocationList) }
    return material
  }
}
