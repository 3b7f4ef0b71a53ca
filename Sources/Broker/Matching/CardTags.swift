internal import CitizenItems
internal import Foundation

/// Makes the tags of a verified card, one per live key. Made before a transaction begins: those of scheme `voprf` take a millisecond each, on the pool.
struct CardTags: Sendable {
  let work: WorkPool

  /// Refuses items that have no canonical form; a certificate that passed its profile has one.
  func make(_ items: FourItems, _ keys: TenantKeys) async throws -> [EdgeTag] {
    guard let canonical = try? CanonicalForm.bytes(of: items) else {
      throw Refusal(
        .unprocessable, "itemsNotCanonical", "The certificate's items have no canonical form.",
        nextStep: "Report this to the platform operator.")
    }
    let secrets = keys.edges.map(\.key)
    guard secrets.contains(where: { if case .voprf = $0 { true } else { false } }) else {
      return try secrets.map { try $0.tag(of: canonical) }
    }
    return try await work.run { try secrets.map { try $0.tag(of: canonical) } }
  }
}
