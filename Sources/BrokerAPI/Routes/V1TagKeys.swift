import Broker
import Foundation
import Hummingbird

/// `/v1/tag-keys`
struct TagKeyRoutes {
  let endpoint: Endpoint
  let tagKeys: TagKeyService

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/v1/tag-keys") { request, context in
      let caller = try await endpoint.caller(.ledger, request, context)
      return try Response.json(TagKeys(versions: try await tagKeys.list(caller).map(TagKeyVersion.init)))
    }
  }
}

/// Live edge keys, wrapped to the tenant's registered key.
struct TagKeys: Encodable {
  let scheme = "hmac"
  let versions: [TagKeyVersion]
}

/// One version of the edge key.
struct TagKeyVersion: Encodable {
  let version: Int
  let ruleset: Int
  let notAfter: Date?
  let fingerprint: String
  let key: String

  init(_ key: HandedOverTagKey) {
    version = key.version
    ruleset = key.ruleset
    notAfter = key.notAfter
    fingerprint = key.fingerprint
    self.key = key.wrappedKey
  }
}
