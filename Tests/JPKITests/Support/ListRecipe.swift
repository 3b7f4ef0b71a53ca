import Foundation
import JPKI

/// A CRL to be made, every part of which a test may spoil.
struct ListRecipe {
  struct Entry {
    var serial: [UInt8]
    var time = Encoder.utc("260601000000Z")
    var extensions: [[UInt8]] = []

    init(_ serial: Int, reason: UInt8? = nil) {
      self.serial = Encoder.integer(serial)
      if let reason { extensions = [Encoder.extension("2.5.29.21", Encoder.enumerated(reason))] }
    }

    var der: [UInt8] { Encoder.sequence(serial, time, extensions.isEmpty ? [] : Encoder.element(0x30, extensions.flatMap { $0 })) }
  }

  var authority = World.signingAuthority
  var version = Encoder.integer(1)
  var algorithm = Encoder.algorithm(Algorithm.sha256WithRSA)
  var outerAlgorithm: [UInt8]?
  var issuer: [UInt8]?
  var thisUpdate = Encoder.utc("260701000000Z")
  var nextUpdate = Encoder.utc("260702030000Z")
  var entries: [Entry] = [Entry(0x01A2_B3C5, reason: 3), Entry(7, reason: 4), Entry(9)]
  /// The content of revokedCertificates in place of `entries`.
  var wholeEntries: [UInt8]?
  var keyIdentifier: [UInt8]?
  var number: [UInt8]? = Encoder.integer(2026)
  var point: [UInt8]?
  var others: [[UInt8]] = []
  var key: (any TestSigner)?

  var der: [UInt8] {
    var extensions = [
      Encoder.extension(
        ExtensionID.authorityKeyIdentifier, Encoder.sequence(Encoder.primitive(0, keyIdentifier ?? authority.key.identifier)))
    ]
    if let number { extensions.append(Encoder.extension(ExtensionID.crlNumber, number)) }
    if let point { extensions.append(Encoder.extension("2.5.29.28", critical: true, point)) }
    extensions += others
    let revoked = wholeEntries ?? entries.flatMap(\.der)
    let tbs = Encoder.sequence(
      version, algorithm, issuer ?? authority.name, thisUpdate, nextUpdate,
      wholeEntries == nil && entries.isEmpty ? [] : Encoder.element(0x30, revoked),
      Encoder.explicit(0, Encoder.element(0x30, extensions.flatMap { $0 })))
    return Encoder.sequence(tbs, outerAlgorithm ?? algorithm, Encoder.bits((key ?? authority.key).sign(tbs)))
  }

  /// A list of these entries, in DER.
  static func der(ofEntries entries: [UInt8]) -> [UInt8] { ListRecipe(entries: [], wholeEntries: entries).der }

  /// IssuingDistributionPoint naming a part.
  static func part(_ name: [UInt8]) -> [UInt8] { Encoder.sequence(Encoder.explicit(0, Encoder.explicit(0, name))) }
}
