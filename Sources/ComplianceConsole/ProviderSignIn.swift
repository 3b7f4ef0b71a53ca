import Broker
import Crypto
import Foundation
import JOSE

/// One sign-in on its way through the provider. The broker keeps nothing of it: state, nonce and verifier follow from a secret that stands in a cookie of
/// the browser that began it, so an answer that another browser brings is none.
struct ProviderSignIn: Sendable {
  /// How long a person may take at the provider, in seconds.
  static let seconds = 600

  let secret: String
  let tenant: TenantID

  static func begin(_ tenant: TenantID) -> ProviderSignIn {
    ProviderSignIn(secret: Base64URL.encode(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }), tenant: tenant)
  }

  private func derived(_ use: String) -> String {
    let key = SymmetricKey(data: Array(secret.utf8))
    return Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: Array("yonjo-provider/1/\(use)/\(tenant)".utf8), using: key)))
  }

  /// Binds the answer to this browser (OpenID Connect Core 1.0 §3.1.2.1).
  var state: String { derived("state") }
  /// Binds the ID token to this sign-in.
  var nonce: String { derived("nonce") }
  /// Binds the code to this sign-in (RFC 7636 §4.1).
  var verifier: String { derived("verifier") }
  var challenge: String { Base64URL.encode(Array(SHA256.hash(data: Array(verifier.utf8)))) }

  /// Where the browser is sent (§3.1.2.1).
  func address(_ metadata: ProviderMetadata, _ provider: StaffProvider, redirect: String, language: Language) -> String {
    let fields = [
      ("response_type", "code"), ("client_id", provider.clientID), ("redirect_uri", redirect), ("scope", "openid profile email"),
      ("state", state), ("nonce", nonce), ("code_challenge", challenge), ("code_challenge_method", "S256"),
      ("ui_locales", language.rawValue),
    ]
    let separator = metadata.authorizationEndpoint.contains("?") ? "&" : "?"
    return metadata.authorizationEndpoint + separator + Self.form(fields)
  }

  /// What an ID token says of whom it is for, once everything about it was checked (§3.1.3.7).
  func identity(
    in token: String, keys: [JSONWebKey], provider: StaffProvider, at now: Date
  ) throws(JOSEError) -> (subject: String, name: String?) {
    let claims = try JSONWebToken.verify(
      token, keys: keys, algorithms: [.es256, .ps256, .rs256],
      expecting: JSONWebToken.Expectations(
        issuer: provider.issuer, audiences: [provider.clientID], leeway: 60, required: ["sub", "iat", "nonce"]),
      at: now
    ).claims
    guard let sent = claims["nonce"]?.string, ConstantTime.equal(Array(sent.utf8), Array(nonce.utf8)) else {
      throw .claimUnexpected("nonce")
    }
    // Of several audiences, the one that it was made for.
    let party = claims["azp"]?.string
    guard party == nil ? claims.audience.count == 1 : party == provider.clientID else { throw .claimUnexpected("azp") }
    guard let issuedAt = claims.issuedAt, issuedAt > now.addingTimeInterval(-Double(Self.seconds)) else { throw .expired }
    guard let subject = claims.subject, (1...255).contains(subject.utf8.count) else { throw .claimUnexpected("sub") }
    // A mail address that its holder merely typed is nobody's name.
    if provider.nameClaim == "email", claims["email_verified"]?.bool == false { return (subject, nil) }
    return (subject, claims[provider.nameClaim]?.string)
  }

  /// `application/x-www-form-urlencoded`
  static func form(_ fields: [(String, String)]) -> String {
    fields.map { "\(ConsoleSite.encoded($0))=\(ConsoleSite.encoded($1))" }.joined(separator: "&")
  }
}
