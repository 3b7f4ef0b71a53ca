import Broker
import CitizenItems
import JPKI
import Testing

@testable import BrokerAPI

@Suite("The code against OpenAPI/openapi.yaml")
struct ContractTests {
  @Test("every refusal's code is listed, so that no new code surprises a client")
  func codes() throws {
    let listed = Set(try ContractDocument().enumeration("ProblemCode"))
    let used = try ContractDocument.refusalCodes()
    #expect(used.count > 30)
    // These are told by command lines and pages only.
    let ofPages = [
      "codeWrong", "doorLinkInvalid", "doorSessionEnded", "passwordGuessable", "passwordLength", "staffInvitationInvalid",
      "staffNameInvalid", "staffNameTaken", "staffOwnAccount", "staffProviderUnknown", "staffRoleInsufficient", "staffSessionEnded",
      "staffSignInRefused", "staffTooMany",
    ]
    #expect(
      used.subtracting(listed).subtracting(ofPages).sorted() == [
        "allowanceInvalid", "approvalInvalid", "approvalsMissing", "evidenceKeyForeign", "evidenceShredded", "evidenceUnreadable",
        "fallbackInvalid", "keyPurposeUnused", "nameInvalid", "originInvalid", "overrideTooLong", "overrideUndocumented",
        "providerClientInvalid", "providerIssuerInvalid", "retentionInvalid",
      ])
  }

  @Test("every listed code is used by some refusal")
  func noIdleCodes() throws {
    let listed = Set(try ContractDocument().enumeration("ProblemCode"))
    #expect(listed.subtracting(try ContractDocument.refusalCodes()).sorted() == [])
  }

  @Test("results, reasons, states and kinds are those of the rules")
  func enumerations() throws {
    let contract = try ContractDocument()
    #expect(Set(contract.enumeration("VerificationReason")) == Set(VerificationReason.allCases.map(\.rawValue)))
    #expect(
      Set(contract.enumeration("VerificationResultForVerifier"))
        == Set(VerificationResult.allCases.map(\.rawValue)).union(["unknownSubject"]))
    #expect(Set(contract.enumeration("ConsentState")) == Set(ConsentState.allCases.map(\.rawValue)))
    #expect(Set(contract.enumeration("PairStateForVerifier")) == Set(PairState.allCases.map(\.rawValue)))
    #expect(Set(contract.enumeration("PairStateForNonVerifier")) == Set(PairStateForNonVerifier.allCases.map(\.rawValue)))
    #expect(Set(contract.enumeration("AuditEventKind")) == Set(AuditEvent.Kind.allCases.map(\.rawValue)))
    #expect(Set(contract.enumeration("VerificationPurpose")) == Set(VerificationPurpose.allCases.map(\.rawValue)))
    #expect(Set(contract.enumeration("VerificationResultForNonVerifier")) == Set(Verdict.toldToAll + [Verdict.notConfirmed]))
    #expect(Set(contract.enumeration("Item")) == Set(Item.allCases.map(\.rawValue)))
    #expect(Set(contract.enumeration("EventKindForVerifier")) == Set(TenantEvent.Kind.allCases.map(\.rawValue)))
  }
}
