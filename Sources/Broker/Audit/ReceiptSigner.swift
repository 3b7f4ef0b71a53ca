internal import Foundation
internal import JOSE

/// Signs receipts (証跡): JWS that a tenant keeps and anyone verifies with the published key alone.
struct ReceiptSigner: Sendable {
  let vault: KeyVault
  let issuer: String

  /// - Parameter claims: ids, digests, codes and times; never items.
  func sign(_ claims: [String: JSONValue], for tenant: TenantID, id: String, at now: Date) async throws -> String {
    guard let key = try await vault.platformKeys().receipt.first else { throw Refusal.unavailable("The key store") }
    var all = claims
    all["iss"] = .string(issuer)
    all["aud"] = .string(tenant.description)
    all["jti"] = .string(id)
    all["iat"] = .integer(Int64(now.timeIntervalSince1970))
    return try JSONWebToken.sign(JSONWebToken.Claims(all), type: "yonjo-receipt+jwt", key: key)
  }
}
