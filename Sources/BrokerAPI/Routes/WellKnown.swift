import Broker
import HTTPTypes
import Hummingbird
import JOSE

/// `/.well-known/oauth-authorization-server`, `/jwks.json`
struct WellKnownRoutes {
  let access: AccessService

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/.well-known/oauth-authorization-server") { _, _ in
      try Response.json(AuthorizationServerMetadata(issuer: access.issuer), headers: [.cacheControl: "public, max-age=300"])
    }
    router.get("/jwks.json") { _, _ in
      // A minute, as the rules themselves keep keys: a new one is published before it is used.
      try Response.json(JSONWebKeySet(keys: try await access.publishedKeys()), headers: [.cacheControl: "public, max-age=60"])
    }
  }
}

/// RFC 8414
struct AuthorizationServerMetadata: Encodable {
  let issuer: String
  let tokenEndpoint: String
  let jwksURI: String
  let grantTypes = ["client_credentials"]
  let authenticationMethods = ["private_key_jwt"]
  let signingAlgorithms = ["ES256", "PS256"]
  let scopes = Scope.allCases.map(\.rawValue)
  let responseTypes: [String] = []

  enum CodingKeys: String, CodingKey {
    case issuer
    case tokenEndpoint = "token_endpoint"
    case jwksURI = "jwks_uri"
    case grantTypes = "grant_types_supported"
    case authenticationMethods = "token_endpoint_auth_methods_supported"
    case signingAlgorithms = "token_endpoint_auth_signing_alg_values_supported"
    case scopes = "scopes_supported"
    case responseTypes = "response_types_supported"
  }

  init(issuer: String) {
    self.issuer = issuer
    tokenEndpoint = issuer + "/oauth2/token"
    jwksURI = issuer + "/jwks.json"
  }
}

/// RFC 7517 §5
struct JSONWebKeySet: Encodable {
  let keys: [JSONWebKey]
}
