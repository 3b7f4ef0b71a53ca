import CitizenItems
import Foundation
import JPKI
import Testing

@testable import Broker
@testable import BrokerAPI

private func json(_ value: some Encodable) throws -> String { String(decoding: try AnswerEncoder.encode(value), as: UTF8.self) }

private let moment = Date(timeIntervalSince1970: 1_763_694_245)
private let uuid = UUID(uuidString: "019a0000-0000-7000-8000-000000000001") ?? UUID()
private let evidence = VerificationEvidence(id: VerificationID(uuid), checkedAt: moment, method: "ocsp", sourceTime: moment)

private func outcome(_ verdict: Verdict, comparison: [String: ItemComparison]? = nil, subject: SubjectID? = nil) -> OnboardingOutcome {
  OnboardingOutcome(
    id: OnboardingID(uuid), verdict: verdict, subjectID: subject, isNewSubject: false, itemComparison: comparison, consents: [], pair: nil,
    receipt: nil, evidence: evidence)
}

private func login(_ verdict: Verdict, subject: SubjectID? = nil) -> LoginAnswer {
  LoginAnswer(
    id: "lgn_x", verdict: verdict, subjectID: subject, pair: nil, itemsMayHaveChanged: true, authenticatedAt: moment, idToken: nil,
    evidence: evidence)
}

private func match(_ verdict: Verdict, subject: SubjectID? = nil) -> MatchAnswer {
  MatchAnswer(id: "mch_x", verdict: verdict, matched: false, subjectID: subject, pair: nil, evidence: evidence)
}

private func document(_ verdict: Verdict, subject: SubjectID? = nil) -> DocumentOutcome {
  DocumentOutcome(verdict: verdict, digest: [1, 2, 3], subjectID: subject, pair: nil, receipt: nil, evidence: evidence)
}

@Suite("What a notVerifier may learn (jpki.md §9)")
struct LawTests {
  /// Results that all must look alike.
  private static let finer = VerificationResult.allCases.filter { ![.ok, .signatureInvalid, .itemsMismatch].contains($0) }

  @Test("revoked, untrusted, expired and all the rest are answered byte for byte alike")
  func alike() throws {
    let subject = SubjectID(uuid)
    var answers: [Set<String>] = [[], [], [], [], []]
    for result in Self.finer {
      for reason in VerificationReason.allCases {
        let verdict = Verdict(result, reason)
        answers[0].insert(try json(OnboardingResultForNonVerifier(outcome(verdict, comparison: ["name": .match], subject: subject))))
        answers[1].insert(try json(LoginResultForNonVerifier(login(verdict, subject: subject))))
        answers[2].insert(try json(MatchResultForNonVerifier(match(verdict, subject: subject))))
        answers[3].insert(
          try json(
            ConsentSignatureResultForNonVerifier(
              ConsentSignatureOutcome(id: ConsentSessionID(uuid), verdict: verdict, consents: [], receipt: nil, evidence: evidence))))
        answers[4].insert(try json(DocumentVerificationResultForNonVerifier(document(verdict, subject: subject))))
      }
    }
    #expect(answers.allSatisfy { $0.count == 1 })
    #expect(answers.allSatisfy { $0.first?.contains(#""result":"notConfirmed""#) == true })
  }

  @Test("the answer to a failed check holds its id, its time and the coarse result, and nothing else")
  func nothingElse() throws {
    #expect(
      try json(OnboardingResultForNonVerifier(outcome(Verdict(.certificateRevoked, .ended), subject: SubjectID(uuid))))
        == "{\"id\":\"\(OnboardingID(uuid))\",\"result\":\"notConfirmed\",\"consents\":[],"
        + "\"verification\":{\"id\":\"\(VerificationID(uuid))\",\"checkedAt\":\"2025-11-21T03:04:05Z\"}}")
  }

  @Test("a deemedVerifier is told result and reason; a notVerifier neither of them")
  func reasons() throws {
    let verdict = Verdict(.certificateRevoked, .contentChanged)
    #expect(try json(LoginResultForVerifier(login(verdict))).contains(#""result":"certificateRevoked","reason":"contentChanged""#))
    #expect(try !json(LoginResultForNonVerifier(login(verdict))).contains("ontentChanged"))
    #expect(try !json(LoginResultForNonVerifier(login(.ok, subject: SubjectID(uuid)))).contains("itemsMayHaveChanged"))
  }

  @Test("a document's failed check tells its id, its time, its digest and the coarse result, and nothing else")
  func documents() throws {
    #expect(
      try json(DocumentVerificationResultForNonVerifier(document(Verdict(.certificateRevoked, .ended), subject: SubjectID(uuid))))
        == "{\"id\":\"\(VerificationID(uuid))\",\"result\":\"notConfirmed\",\"documentDigest\":\"AQID\","
        + "\"verification\":{\"id\":\"\(VerificationID(uuid))\",\"checkedAt\":\"2025-11-21T03:04:05Z\"}}")
  }

  @Test("of a pair it learns active or inactive, and not when that changed", arguments: PairState.allCases)
  func pairs(state: PairState) throws {
    let pair = PairView(
      id: PairID(uuid), subjectID: SubjectID(uuid), state: state, ledgerRef: "C-1", decideUntil: moment, decidedBy: "staff",
      decisionBasis: "why",
      createdAt: moment, updatedAt: moment)
    let text = try json(PairForNonVerifier(pair))
    #expect(text.contains(#""state":"\#(state == .active ? "active" : "inactive")""#))
    #expect(!text.contains("2025") && !text.contains("staff"))
  }

  @Test("its own audit log betrays nothing either")
  func auditLog() throws {
    let outcomes =
      VerificationResult.allCases.map(\.rawValue) + PairState.allCases.map(\.rawValue) + [
        "decisionOverdue", "changed", "ended", "certificateRevoked",
      ]
    for outcome in outcomes {
      let event = Broker.AuditEvent(
        id: AuditEventID(uuid), at: moment, kind: .loginAnswered, actor: "client:c", subjectID: nil, object: nil, purpose: nil,
        outcome: outcome,
        requestID: nil, detail: ["method": "ocsp", "pair": "stale"])
      let text = try json(AuditEventForNonVerifier(event))
      for word in ["evoked", "stale", "needsDecision", "pending", "changed", "ended", "xpired", "ntrusted", "ocsp"] {
        #expect(!text.contains(word))
      }
    }
  }

  @Test("answers with items print as redacted, and their text never stands in a description")
  func redaction() {
    let items = BrokerAPI.DeclaredItems(name: "四情　花子", address: nil, dateOfBirth: nil, sex: nil, salt: nil)
    let signature = BrokerAPI.OnboardingSignature(
      card: .envelope("eyJhbGciOiJFQ0RILUVTIn0"), declaredItems: items, ledgerTag: nil, ledgerRef: nil)
    for text in [
      "\(items)", "\(signature)", String(reflecting: signature), String(describing: Mirror(reflecting: signature).children.map { "\($0)" }),
    ] {
      #expect(!text.contains("花子") && !text.contains("eyJ"))
    }
    var dumped = ""
    dump(signature, to: &dumped)
    #expect(!dumped.contains("花子") && !dumped.contains("eyJ"))
  }
}
