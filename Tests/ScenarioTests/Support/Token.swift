import Foundation
import JOSE
import Story
import TestSupport

/// A token, fetched by hand.
struct Token: Sendable {
  let text: String
  let assertion: String
  /// The form that was sent for it.
  let form: String

  static let formHeaders = [("Content-Type", "application/x-www-form-urlencoded")]

  init(_ role: StoryRole, of house: House, over wire: Wire) async throws {
    guard let client = try StoryCastFile(contentsOf: house.castFile).clients[role.rawValue] else {
      throw HouseFailure("The cast has no \(role.rawValue).")
    }
    let now = Date()
    assertion = try JSONWebToken.sign(
      .init(
        issuer: client.id, subject: client.id, audience: [house.address + "/oauth2/token"], expiration: now.addingTimeInterval(45),
        issuedAt: now, tokenID: UUID().uuidString),
      key: try SigningKey(pemRepresentation: String(contentsOfFile: client.keyFile, encoding: .utf8)))
    form =
      "grant_type=client_credentials&client_id=\(client.id)&client_assertion=\(assertion)"
      + "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    let granted = try await wire.send("POST", "/oauth2/token", Self.formHeaders, body: form)
    guard let text = try JSONValue(parsing: granted.body)["access_token"]?.string else {
      throw HouseFailure("No token was granted: \(granted.status)", log: granted.text)
    }
    self.text = text
  }

  /// With which a request is authenticated and may be repeated.
  func headers(key: String) -> [(String, String)] {
    [("Authorization", "Bearer " + text), ("Content-Type", "application/json"), ("Idempotency-Key", key)]
  }
}
