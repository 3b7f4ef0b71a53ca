import Broker
import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// Signing in by the tenant's own identity provider: OpenID Connect, authorization code with PKCE.
extension ConsoleSite {
  /// What the provider must know as redirect URI.
  private func redirect(_ tenant: TenantID) -> String { "\(origin)/console/\(tenant)/provider/answer" }

  /// Sends the browser to the provider. A link leads here, not a form: the page's policy lets forms go to ourselves only.
  func toProvider(_ visit: Visit, _ words: Words, _ tenant: TenantID) async throws -> Answer {
    guard let provider = try await services.staff.provider(tenant) else { throw ConsoleFault.noPage }
    let metadata: ProviderMetadata
    do {
      metadata = try await providers.entry(of: provider.issuer, at: clock.now()).metadata
    } catch {
      return try await failed(error, visit, words, tenant)
    }
    let signIn = ProviderSignIn.begin(tenant)
    var answer = Answer.redirect(signIn.address(metadata, provider, redirect: redirect(tenant), language: words.language))
    answer.setReturnCookie(Visit.providerCookie, signIn.secret, maximumAge: ProviderSignIn.seconds)
    return answer
  }

  /// Takes the provider's answer. The next page is reached from a page of ours: the session's cookie goes with no request that another site began.
  func fromProvider(_ visit: Visit, _ words: Words, _ tenant: TenantID) async throws -> Answer {
    guard let provider = try await services.staff.provider(tenant) else { throw ConsoleFault.noPage }
    guard let secret = visit.cookies[Visit.providerCookie], secret.utf8.count == 43 else { throw ConsoleFault.formToken }
    let signIn = ProviderSignIn(secret: secret, tenant: tenant)
    guard ConstantTime.equal(Array((visit.query["state"] ?? "").utf8), Array(signIn.state.utf8)) else { throw ConsoleFault.formToken }
    do {
      let names = visit.query["iss"]
      let namesItself = try await providers.entry(of: provider.issuer, at: clock.now()).metadata.namesItself
      guard names == nil ? !namesItself : names == provider.issuer else { throw ProviderFault.tokenInvalid }
      guard visit.query["error"] == nil, let code = visit.query["code"], !code.isEmpty else { throw ProviderFault.refused }
      let identity = try await providers.identity(signIn, provider, code: code, redirect: redirect(tenant), at: clock.now())
      let session = try await services.staff.signIn(
        tenant, issuer: provider.issuer, subject: identity.subject, name: identity.name, requestID: visit.requestID)
      var answer = Answer.page(render("signedIn", words["signedIn"], visit, ["narrow": true, "path": "/console/overview"]))
      answer.response.headers[.refresh] = "0; url=/console/overview"
      answer.setCookie(Visit.sessionCookie, "\(tenant).\(session)")
      answer.setPlainCookie(Visit.tenantCookie, tenant.description)
      answer.removeCookie(Visit.providerCookie)
      return answer
    } catch let fault as ProviderFault {
      var answer = try await failed(fault, visit, words, tenant)
      answer.removeCookie(Visit.providerCookie)
      return answer
    }
  }

  private func failed(_ fault: ProviderFault, _ visit: Visit, _ words: Words, _ tenant: TenantID) async throws -> Answer {
    logger.warning(
      "a sign-in by a provider failed",
      metadata: ["tenant": .string(tenant.description), "fault": .string("\(fault)"), "requestId": .string(visit.requestID)])
    let (status, key): (HTTPResponse.Status, String) =
      switch fault {
      case .unreachable, .malformed: (.badGateway, "providerDown")
      case .refused, .tokenInvalid: (.unauthorized, "providerRefused")
      }
    return try await signInPage(visit, words, tenant, ["problem": words[key]], status: status)
  }
}
