import JPKI
import Testing

/// The table of everything that is refused: the rows stand in the files named `…Cases.swift`, a section each.
enum RefusalTable {
  static let sections: [(name: String, rows: [RefusalCase])] = [
    ("signing certificates", SigningCertificateCases.all),
    ("authentication certificates", AuthenticationCertificateCases.all),
    ("the next card", NextCardCases.all),
    ("raw signatures", SignatureCases.all),
    ("CMS messages", MessageCases.all),
    ("XML signatures", xml),
    ("CRLs", RevocationListCases.all),
    ("OCSP answers", OCSPCases.all),
  ]

  static let all = sections.flatMap(\.rows)

  #if XMLSignatures
    private static let xml = XMLCases.all
    /// What this build cannot say.
    static func isOfOtherBuilds(_ reason: VerificationReason) -> Bool { reason == .formatNotSupported }
  #else
    private static let xml = [
      RefusalCase("XML: any", .signatureInvalid, .formatNotSupported) {
        SignatureCases.verify(
          CardSignature(format: .xml, signature: Array("<Signature/>".utf8), certificate: World.signingCertificate))
      }
    ]
    /// What only the trait XMLSignatures can say.
    static func isOfOtherBuilds(_ reason: VerificationReason) -> Bool { reason.rawValue.hasPrefix("xml") }
  #endif
}

struct RefusalTableTests {
  @Test(arguments: RefusalTable.all) func everyRowIsRefusedWithItsOneResultAndReason(_ row: RefusalCase) {
    let reason = row.run()
    #expect(reason == row.reason)
    #expect(reason?.result == row.result)
  }

  @Test func everyReasonIsReachedBySomeRow() {
    let reached = Set(RefusalTable.all.map(\.reason))
    #expect(VerificationReason.allCases.filter { !reached.contains($0) && !RefusalTable.isOfOtherBuilds($0) }.map(\.rawValue) == [])
  }

  @Test func noSectionIsThinAndNoRowStandsTwice() {
    #expect(RefusalTable.all.count >= 80)
    #expect(RefusalTable.sections.filter { $0.rows.count < 10 && $0.name != "XML signatures" }.map(\.name) == [])
    #expect(Set(RefusalTable.all.map(\.name)).count == RefusalTable.all.count)
  }
}
