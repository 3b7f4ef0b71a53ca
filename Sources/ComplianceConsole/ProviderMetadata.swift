import Foundation
import JOSE

/// Why a sign-in by the tenant's own provider came to nothing. Tells nothing of what the provider sent.
public enum ProviderFault: Error, Sendable, Hashable {
  /// No answer, or none in time.
  case unreachable
  /// An answer that OpenID Connect does not know, or one that is too large.
  case malformed
  /// The provider refused: the person said no, or the code or our credentials were not taken.
  case refused
  /// The ID token is not for this sign-in, not of this provider, too old, or its signature does not verify.
  case tokenInvalid
}

/// What a provider says of itself (OpenID Connect Discovery 1.0 §3), as far as it is needed.
struct ProviderMetadata: Sendable {
  /// How a confidential client shows its secret at the token endpoint (OpenID Connect Core 1.0 §9).
  enum Authentication { case basic, post }

  let authorizationEndpoint: String
  let tokenEndpoint: String
  let keysAddress: String
  let authentication: Authentication
  /// Whether every answer names the provider (RFC 9207).
  let namesItself: Bool

  /// Where the document is (§4.1).
  static func address(of issuer: String) -> String {
    (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
  }

  init(parsing bytes: [UInt8], issuer: String) throws(ProviderFault) {
    guard let members = try? JSONValue(parsing: bytes) else { throw .malformed }
    // §4.3: the document must name whom we asked.
    guard members["issuer"]?.string == issuer else { throw .malformed }
    authorizationEndpoint = try Self.address(members["authorization_endpoint"])
    tokenEndpoint = try Self.address(members["token_endpoint"])
    keysAddress = try Self.address(members["jwks_uri"])
    let methods = members["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string) ?? ["client_secret_basic"]
    authentication = !methods.contains("client_secret_basic") && methods.contains("client_secret_post") ? .post : .basic
    namesItself = members["authorization_response_iss_parameter_supported"]?.bool == true
  }

  private static func address(_ value: JSONValue?) throws(ProviderFault) -> String {
    guard let text = value?.string, text.utf8.count <= 2048, let url = URL(string: text), url.scheme == "https",
      url.host()?.isEmpty == false, url.user() == nil, url.fragment() == nil
    else { throw .malformed }
    return text
  }

  /// Keys of a set (RFC 7517 §5); those that we cannot use are left out, for a provider may have keys for others, too.
  static func keys(parsing bytes: [UInt8]) throws(ProviderFault) -> [JSONWebKey] {
    guard let members = try? JSONValue(parsing: bytes), let listed = members["keys"]?.array, listed.count <= 100 else { throw .malformed }
    return listed.compactMap { value in
      guard let text = try? value.serialized(), let key = try? JSONWebKey(json: text), (try? key.validate()) != nil else { return nil }
      return key
    }
  }
}
