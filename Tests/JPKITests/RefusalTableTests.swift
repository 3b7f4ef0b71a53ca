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
    ("CRLs", RevocationListCases.all),
    ("OCSP answers", OCSPCases.all),
  ]

  static let all = sections.flatMap(\.rows)
}

struct RefusalTableTests {
  @Test(arguments: RefusalTable.all) func everyRowIsRefusedWithItsOneResultAndReason(_ row: RefusalCase) {
    let reason = row.run()
    #expect(reason == row.reason)
    #expect(reason?.result == row.result)
  }

  @Test func everyReasonIsReachedBySomeRow() {
    let reached = Set(RefusalTable.all.map(\.reason))
    #expect(VerificationReason.allCases.filter { !reached.contains($0) }.map(\.rawValue) == [])
  }

  @Test func noSectionIsThinAndNoRowStandsTwice() {
    #expect(RefusalTable.all.count >= 80)
    #expect(RefusalTable.sections.filter { $0.rows.count < 10 }.map(\.name) == [])
    #expect(Set(RefusalTable.all.map(\.name)).count == RefusalTable.all.count)
  }
}
