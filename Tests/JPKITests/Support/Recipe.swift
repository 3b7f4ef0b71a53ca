import JPKI

/// A certificate to be made, every part of which a test may spoil.
struct Recipe {
  struct Extension {
    var oid: String
    var critical = false
    var value: [UInt8]
  }

  var version: [UInt8] = Encoder.explicit(0, Encoder.integer(2))
  var serial: [UInt8] = Encoder.integer(0x01A2_B3C4)
  var innerAlgorithm = Encoder.algorithm(Algorithm.sha256WithRSA)
  var outerAlgorithm = Encoder.algorithm(Algorithm.sha256WithRSA)
  var issuer: [UInt8]
  var notBefore = Encoder.utc("240401000000Z")
  /// 23:59:59 in Japan on 2029-02-17.
  var notAfter = Encoder.utc("290217145959Z")
  var subject: [UInt8]
  var publicKeyInfo: [UInt8]
  var uniqueIdentifiers: [UInt8] = []
  var extensions: [Extension]
  var afterTBS: [UInt8] = []

  /// The certificate, signed by `key` in its own way whatever the algorithm says.
  func signed(by key: any TestSigner) -> [UInt8] {
    let list = Encoder.element(
      0x30, extensions.flatMap { Encoder.extension($0.oid, critical: $0.critical, $0.value) })
    let tbs = Encoder.sequence(
      version, serial, innerAlgorithm, issuer, Encoder.sequence(notBefore, notAfter), subject, publicKeyInfo, uniqueIdentifiers,
      extensions.isEmpty ? [] : Encoder.explicit(3, list))
    return Encoder.sequence(tbs, outerAlgorithm, Encoder.bits(key.sign(tbs)), afterTBS)
  }

  subscript(_ oid: String) -> Extension? {
    get { extensions.first { $0.oid == oid } }
    set {
      if let index = extensions.firstIndex(where: { $0.oid == oid }) {
        if let newValue { extensions[index] = newValue } else { extensions.remove(at: index) }
      } else if let newValue {
        extensions.append(newValue)
      }
    }
  }
}

/// Extensions by name.
enum ExtensionID {
  static let subjectKeyIdentifier = "2.5.29.14"
  static let keyUsage = "2.5.29.15"
  static let subjectAltName = "2.5.29.17"
  static let issuerAltName = "2.5.29.18"
  static let basicConstraints = "2.5.29.19"
  static let crlNumber = "2.5.29.20"
  static let distributionPoints = "2.5.29.31"
  static let policies = "2.5.29.32"
  static let authorityKeyIdentifier = "2.5.29.35"
  static let extKeyUsage = "2.5.29.37"
  static let informationAccess = "1.3.6.1.5.5.7.1.1"
  static let noCheck = "1.3.6.1.5.5.7.48.1.5"
}

/// The items of an invented person, as a card certifies them.
struct CertifiedPerson {
  static let arc = "1.2.392.200149.8.5.5."

  var name = "四情　花子"
  var nameFlags = "00000"
  var sex = "2"
  var dateOfBirth = "319800217"
  var address = "東京都架空市見本町１－２－３"
  var addressFlags = "00000000000000"
  /// Another otherName in front, as later cards may have.
  var stranger: [UInt8] = []
  /// otherNames to leave out, by their last arc.
  var omitted: Set<Int> = []

  static func otherName(_ number: Int, _ value: [UInt8]) -> [UInt8] {
    Encoder.explicit(0, Encoder.oid(arc + String(number)), Encoder.explicit(0, value))
  }

  /// subjectAltName, in the order of real cards.
  var generalNames: [UInt8] {
    let parts = [(1, name), (4, dateOfBirth), (3, sex), (5, address), (2, nameFlags), (6, addressFlags)]
    return Encoder.element(
      0x30, stranger + parts.filter { !omitted.contains($0.0) }.flatMap { Self.otherName($0.0, Encoder.utf8($0.1)) })
  }
}
