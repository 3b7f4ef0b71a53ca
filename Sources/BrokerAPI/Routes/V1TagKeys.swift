import Broker
import CitizenItems
import Foundation
import Hummingbird

/// `/v1/tag-keys`
struct TagKeyRoutes {
  let endpoint: Endpoint
  let tagKeys: TagKeyService

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/v1/tag-keys") { request, context in
      let caller = try await endpoint.caller(.ledger, request, context)
      return try Response.json(TagKeys(try await tagKeys.list(caller)))
    }
  }
}

/// Live keys by which the bank makes tags: of scheme `hmac` wrapped to the tenant's registered key, of scheme `voprf` the public half.
struct TagKeys: Encodable {
  let scheme: TagScheme
  let versions: [TagKeyVersion]

  init(_ keys: HandedOverTagKeys) {
    scheme = keys.scheme
    versions = keys.versions.map(TagKeyVersion.init)
  }
}

/// One version: with `key` for scheme `hmac`, with `voprfPublicKey` for `voprf`.
struct TagKeyVersion: Encodable {
  let version: Int
  let ruleset: Int
  let notAfter: Date?
  let fingerprint: String
  let key: String?
  let voprfPublicKey: String?

  init(_ handedOver: HandedOverTagKey) {
    version = handedOver.version
    ruleset = handedOver.ruleset
    notAfter = handedOver.notAfter
    fingerprint = handedOver.fingerprint
    switch handedOver.material {
    case .wrapped(let jwe): (key, voprfPublicKey) = (jwe, nil)
    case .published(let published): (key, voprfPublicKey) = (nil, published.text)
    }
  }
}
