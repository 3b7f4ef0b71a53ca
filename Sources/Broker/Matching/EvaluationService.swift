internal import CitizenItems
internal import Foundation
internal import PostgreSQL

/// Evaluates what the bank blinded, under the tenant's secret of scheme `voprf` (RFC 9497 §3.3.2): the broker learns nothing of what it evaluates.
public struct EvaluationService: Sendable {
  /// The most elements of one request: some 300 ms of one core.
  public static let maximumBatch = 100

  let core: BrokerCore

  /// Evaluates each element by itself, with a proof of its own, in the order in which they came; audited with their number alone.
  ///
  /// - Parameter blinded: compressed points of 49 bytes.
  /// - Returns: element (49 bytes) and proof (96) each.
  /// - Throws: ``Refusal`` for a version that is not live, a batch out of bounds, or an element that is none of the group.
  public func evaluate(_ caller: Caller, keyVersion: Int, blinded: [[UInt8]]) async throws -> [[UInt8]] {
    try Self.check(caller)
    guard (1...Self.maximumBatch).contains(blinded.count) else {
      throw Refusal.field(
        "/blinded", "batchSize", "A batch has 1 to \(Self.maximumBatch) elements.", nextStep: "Send several batches.")
    }
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    guard let key = keys.voprf(version: keyVersion) else {
      throw Refusal.field(
        "/keyVersion", "keyVersionUnknown", "This version of the tenant's voprf key is not live.",
        nextStep: "Read GET /v1/tag-keys again, and blind for the versions that it names.")
    }
    let evaluated: [[UInt8]]
    do {
      evaluated = try await core.work.run { try key.evaluate(blinded) }
    } catch is TagError {
      throw Refusal.field(
        "/blinded", "elementMalformed", "An element is no compressed point of P-384, or not in the group.",
        nextStep: "Send what RFC 9497's Blind gave, 49 bytes each.")
    } catch {
      throw Refusal.unavailable("The thread pool")
    }
    _ = try await core.database.unit(
      caller.tenantID,
      [
        core.audit.record(
          .tagsEvaluated, by: caller, detail: ["count": String(blinded.count), "version": String(keyVersion)])
      ])
    return evaluated
  }

  /// Who may make tags: with the scope `ledger`, as for an `hmac` key, or `matching`, for tags to look up.
  private static func check(_ caller: Caller) throws(Refusal) {
    if caller.scopes.contains(.ledger) { return }
    try caller.require(.matching)
  }
}
