import JLISSimulator
import JOSE

/// A contract that is signed without a session of the broker, and the receipt that outlives it.
enum DocumentChapter {
  static let steps: [StoryStep] = [contract]

  private static let contract = StoryStep("loan-contract", "Hanako signs a loan contract 契約書 at home; the receipt 証跡 is kept for years") {
    journey, scene in
    try await scene.tell(
      "Her card signs the document itself. The broker is told its digest, never its text, and recognises whose card it is.")
    let digest = scene.digest(of: Invented.loanContract)
    let result = try await scene.post(.bank, "/v1/documents/verifications") {
      [
        "card": try await scene.documentEnvelope(of: journey.hanako, Invented.loanContract, role: .bank), "digest": .string(digest),
        "purpose": "loanContract",
      ]
    }
    try await scene.expect(result, status: 200)
    try await scene.expect("the signature holds", result["result"] == "ok", result["result"])
    try await scene.expect(
      "it is Hanako, as the bank knows her", result["subject", "id"].string == journey.hanako.bankSubjectID, result["subject"])
    let receipt = try await scene.verifiedReceipt(try result.text("receipt"))
    try await scene.expect(
      "a signed receipt names this document", receipt?.member(["signed"]) == .string(digest) && receipt?.member(["result"]) == "ok",
      receipt ?? .null)
    let evidence = try await scene.get(.bank, "/v1/verifications/\(try result.text("id"))")
    try await scene.expect(evidence, status: 200)
    try await scene.expect(
      "the evidence is found again, without items", evidence["documentDigest"] == .string(digest) && evidence["items"] == .null,
      evidence.json)

    try await scene.tell("With one word changed the same signature proves nothing.")
    let changed = try await scene.post(.bank, "/v1/documents/verifications") {
      [
        "card": try scene.documentCard(of: journey.hanako, Invented.loanContract),
        "digest": .string(scene.digest(of: Invented.changedLoanContract)), "purpose": "loanContract",
      ]
    }
    try await scene.expect(changed, status: 200)
    try await scene.expect("refused: signatureInvalid", changed["result"] == "signatureInvalid", changed["result"])
    try await scene.expect("no receipt", changed["receipt"] == .null, changed["receipt"])
  }
}
