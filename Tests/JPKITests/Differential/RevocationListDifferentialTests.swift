import COpenSSL
import Foundation
import JPKI
import OpenSSLOracle
import Testing

/// Revocation lists: none that OpenSSL refuses, no entry, time, reason or number that it reads otherwise.
@Suite(.timeLimit(.minutes(30))) struct RevocationListDifferentialTests {
  private static let point = ListRecipe.part(World.pointName(.signing))
  /// Extensions of lists and entries by which either reader decides: reason, certificateIssuer, number, delta, point, authority key.
  private static let decisive: Set = ["2.5.29.20", "2.5.29.21", "2.5.29.27", "2.5.29.28", "2.5.29.29", "2.5.29.35"]
  private static let dictionary: [[UInt8]] =
    [
      ListRecipe.Entry(0x01A2_B3C4, reason: 3).der, ListRecipe.Entry(0x01A2_B3C4, reason: 5).der,
      ListRecipe.Entry(0x01A2_B3C4, reason: 8).der,
      ListRecipe.Entry(1).der, Encoder.extension("2.5.29.28", critical: true, point), Encoder.extension("2.5.29.28", point),
      Encoder.extension("2.5.29.28", critical: true, Encoder.sequence(Encoder.primitive(1, [0xFF]))),
      Encoder.extension("2.5.29.28", critical: true, Encoder.sequence(Encoder.primitive(2, [0xFF]))),
      Encoder.extension("2.5.29.28", critical: true, Encoder.sequence(Encoder.primitive(4, [0xFF]))),
      Encoder.extension("2.5.29.27", critical: true, Encoder.integer(1)), Encoder.extension("2.5.29.27", Encoder.integer(1)),
      Encoder.extension("2.5.29.29", critical: true, Encoder.sequence(Encoder.explicit(4, World.signingAuthority.name))),
      Encoder.extension("2.5.29.29", Encoder.sequence(Encoder.explicit(4, World.authenticationAuthority.name))),
      Encoder.extension("2.5.29.21", Encoder.enumerated(3)), Encoder.extension("2.5.29.21", critical: true, Encoder.enumerated(6)),
      Encoder.extension("2.5.29.24", Encoder.generalized("20260501000000Z")), Encoder.extension("2.5.29.24", Encoder.null),
      Encoder.extension("2.5.29.46", Encoder.sequence()), Encoder.extension("2.5.29.20", Encoder.integer(2027)),
      Encoder.extension("1.2.392.200149.9.9", critical: true, Encoder.null), Encoder.extension("1.2.392.200149.9.9", Encoder.null),
      Encoder.primitive(1, [0xFF]), Encoder.primitive(3, [6, 0x40]),
      Encoder.explicit(0, Encoder.explicit(0, World.pointName(.authentication))),
      Encoder.explicit(4, World.signingAuthority.name),
    ]

  private static func recipes() -> [ListRecipe] {
    var long = ListRecipe()
    long.entries = [
      .init(0x01A2_B3C4, reason: 3), .init(3, reason: 1), .init(4, reason: 2), .init(5, reason: 5), .init(6, reason: 6),
      .init(7, reason: 9),
      .init(8, reason: 10),
    ]
    long.entries[1].serial = Encoder.integer([UInt8](repeating: 0xEE, count: 20))
    long.entries[2].serial = Encoder.integer([0x80, 0, 0, 0, 0, 0, 0, 1])
    long.entries[3].extensions.append(Encoder.extension("2.5.29.24", Encoder.generalized("20260501000000Z")))
    var part = ListRecipe(point: point)
    part.entries.append(.init(0x01A2_B3C4, reason: 5))
    return [ListRecipe(), ListRecipe(entries: []), long, part]
  }

  @Test func noListPassesThatOpenSSLRefuses() throws {
    let originals = try Self.recipes().map { try Resigned($0.der, key: World.signingAuthority.key) }
    let card = try #require(RevocationListCases.card)
    try Campaign.run("revocation-list", dictionary: Self.dictionary) { mutator in
      originals[mutator.below(originals.count)].spoiled(&mutator)
    } judge: { der in
      guard let ours = try? RevocationList(verifying: der, issuer: World.signingAnchor, at: World.now) else { return nil }
      return Self.objections(ours, card, der)
    }
  }

  private static func objections(_ ours: RevocationList, _ card: VerifiedCertificate, _ der: [UInt8]) -> [String] {
    let (theirs, entries) = SecondOpinion.signing.list(der, card: World.signingCertificate)
    var found = Objections()
    found.demand(theirs.parsed == 1, "OpenSSL cannot read it")
    found.demand(theirs.signature == 1, "OpenSSL finds the signature wrong")
    found.demand(
      theirs.brokenExtension.isEmpty || !decisive.contains(theirs.brokenExtension),
      "extension \(theirs.brokenExtension) is broken or stands twice")
    found.demand(theirs.has_number == 1 && theirs.number == ours.number, "another number")
    found.demand(theirs.this_update == Int64(ours.thisUpdate.timeIntervalSince1970), "another thisUpdate")
    found.demand(theirs.next_update == Int64(ours.nextUpdate.timeIntervalSince1970), "another nextUpdate")
    found.demand(theirs.entry_count == ours.entryCount, "\(theirs.entry_count) entries, not \(ours.entryCount)")
    compareEntries(ours, entries, &found)
    compareVerdict(ours.status(of: card, at: World.now), theirs.verdict, &found)
    return found.all
  }

  private static func meaning(_ reason: Int32) -> RevocationMeaning { reason == 3 ? .contentChanged : .ended }

  private static func compareEntries(_ ours: RevocationList, _ theirs: [oracle_entry], _ found: inout Objections) {
    for entry in theirs {
      // Zero is no certificate's number.
      guard let serial = Serial(entry.serialBytes) else { continue }
      guard case .revoked(let meaning, let time) = ours.status(of: serial, at: World.now) else {
        found.demand(false, "an entry is lost")
        continue
      }
      let same = theirs.filter { $0.serialBytes == entry.serialBytes }
      found.demand(entry.is_negative == 0 && entry.reason != -2, "an entry that OpenSSL cannot read")
      found.demand(same.contains { $0.time == Int64(time.timeIntervalSince1970) }, "another time of revocation")
      found.demand(same.contains { Self.meaning($0.reason) == meaning }, "another reason")
      // An end outweighs a change.
      found.demand(meaning == .ended || same.allSatisfy { Self.meaning($0.reason) == .contentChanged }, "a change where there is an end")
    }
    for code in RevocationReasonCode.allCases where code != .other {
      found.demand(
        (ours.countsByReason[code] ?? 0) == theirs.count { $0.reason == Int32(code.rawValue) }, "another count of reason \(code)")
    }
  }

  private static func compareVerdict(_ ours: RevocationStatus, _ theirs: Int32, _ found: inout Objections) {
    let sentence = String(cString: X509_verify_cert_error_string(Int(theirs)))
    switch ours {
    case .good: found.demand(theirs == X509_V_OK, "good for us; OpenSSL: \(sentence)")
    // removeFromCRL, which only a delta may carry, revokes for us and does not for OpenSSL; so does an entry in another part's list.
    case .revoked:
      let refused = [X509_V_ERR_CERT_REVOKED, X509_V_ERR_DIFFERENT_CRL_SCOPE, X509_V_OK]
      found.demand(refused.contains(theirs), "revoked for us; OpenSSL: \(sentence)")
    // A part that does not cover the card: OpenSSL must not find a list for it either.
    case .unknown(.crlOfOtherPart): found.demand(theirs != X509_V_OK, "another part's list for us; OpenSSL takes it for the card's")
    case .unknown(let reason): found.demand(false, "unknown: \(reason)")
    }
  }
}
