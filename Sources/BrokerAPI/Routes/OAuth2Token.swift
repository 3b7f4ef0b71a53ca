import Broker
import HTTPTypes
import Hummingbird
import NIOCore

/// `/oauth2/token`
struct TokenRoutes {
  /// A form with one assertion; more is nobody's token request.
  static let bodyBytes = 32 << 10
  private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

  let access: AccessService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/oauth2/token") { request, context in
      let buffer = try await request.collected(upTo: Self.bodyBytes, as: "application/x-www-form-urlencoded")
      do {
        return try Response.json(TokenResponse(try await grant(buffer, context)))
      } catch let error as OAuthError {
        return try error.response()
      } catch let refusal as Refusal {
        return try Self.answer(to: refusal).response()
      }
    }
  }

  private func grant(_ buffer: ByteBuffer, _ context: BrokerRequestContext) async throws -> TokenGrant {
    guard let form = buffer.withUnsafeReadableBytes({ FormFields($0) }) else {
      throw OAuthError("invalid_request", "The body is no form, or names a field twice.")
    }
    guard form["grant_type"] == "client_credentials" else {
      throw OAuthError(form["grant_type"] == nil ? "invalid_request" : "unsupported_grant_type", "grant_type must be client_credentials.")
    }
    guard form["client_assertion_type"] == Self.assertionType, let assertion = form["client_assertion"] else {
      throw OAuthError("invalid_client", "Authenticate with private_key_jwt: client_assertion_type and client_assertion.")
    }
    return try await access.grant(clientAssertion: assertion, scope: form["scope"], requestID: context.requestID)
  }

  /// RFC 6749 §5.2 knows other names than ours; what it has no name for is thrown on and becomes a problem document.
  private static func answer(to refusal: Refusal) throws(Refusal) -> OAuthError {
    switch refusal.kind {
    case .unauthenticated: return OAuthError("invalid_client", refusal.sentence + " " + refusal.nextStep)
    case .invalid:
      return OAuthError(refusal.code == "invalid_scope" ? "invalid_scope" : "invalid_request", refusal.sentence + " " + refusal.nextStep)
    default: throw refusal
    }
  }
}

/// A token as handed out (RFC 6749 §5.1).
struct TokenResponse: Encodable {
  let accessToken: String
  let tokenType = "Bearer"
  let expiresIn: Int
  let scope: String

  enum CodingKeys: String, CodingKey {
    case accessToken = "access_token"
    case tokenType = "token_type"
    case expiresIn = "expires_in"
    case scope
  }

  init(_ grant: TokenGrant) {
    accessToken = grant.accessToken
    expiresIn = grant.expiresInSeconds
    scope = grant.scope
  }
}

/// RFC 6749 §5.2
struct OAuthError: Error, Encodable {
  let error: String
  let errorDescription: String

  enum CodingKeys: String, CodingKey {
    case error
    case errorDescription = "error_description"
  }

  init(_ error: String, _ description: String) {
    self.error = error
    errorDescription = description
  }

  func response() throws -> Response { try Response.json(self, status: error == "invalid_client" ? .unauthorized : .badRequest) }
}
