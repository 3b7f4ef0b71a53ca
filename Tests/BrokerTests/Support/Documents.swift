import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import JPKI
import Testing

@testable import Broker

// The steps of document verifications.
extension TestBroker {
  static let contract = Array("金銭消費貸借契約書：四情　花子は、次のとおり借り入れる。".utf8)

  func device(_ citizen: CitizenHandle) throws -> CitizenDevice { CitizenDevice(card: try simulator.card(for: citizen.id)) }

  /// Raw, plain, over the document's digest.
  func signedRaw(_ citizen: CitizenHandle, _ document: [UInt8] = contract) throws -> CardInput {
    try card(citizen, over: document, withAuthentication: false)
  }

  /// A CMS message, plain.
  func signedMessage(_ citizen: CitizenHandle, _ document: [UInt8] = contract, attached: Bool) throws -> CardInput {
    .plain(
      CardMaterial(
        main: .init(format: .cms, signature: try device(citizen).signedMessage(over: document, attached: attached), certificate: nil),
        authentication: nil))
  }

  func documentEnvelope(
    _ citizen: CitizenHandle, _ document: [UInt8] = contract, tenant: TestTenant, message: Bool = false, named digest: [UInt8]? = nil
  ) async throws -> CardInput {
    let key = try CitizenDevice.envelopeKey(of: JSONWebKeySet(keys: try await services.access.publishedKeys()))
    let device = try device(citizen)
    return .envelope(
      try device.documentEnvelope(
        digest: digest ?? DocumentHash.digest(of: document),
        message: message ? try device.signedMessage(over: document, attached: true) : nil,
        tenantID: tenant.id.description, to: key))
  }

  func verify(
    _ tenant: TestTenant, _ card: CardInput, digest: [UInt8]? = DocumentHash.digest(of: contract), consents: [ConsentSelection] = [],
    purpose: String = "loanContract", request repeated: RepeatableRequest? = nil
  ) async throws -> DocumentAnswer {
    try await verify(tenant, .card(card), digest: digest, consents: consents, purpose: purpose, request: repeated)
  }

  func verify(
    _ tenant: TestTenant, _ signature: DocumentSignature, digest: [UInt8]? = DocumentHash.digest(of: contract),
    consents: [ConsentSelection] = [], purpose: String = "loanContract", request repeated: RepeatableRequest? = nil
  ) async throws -> DocumentAnswer {
    try await services.documents.verify(
      tenant.caller, DocumentDraft(signature: signature, digest: digest, purpose: purpose, consents: consents),
      request: try repeated ?? request())
  }

  /// What a receipt says, if its signature is by a key that is published now.
  func claims(of receipt: String?) async throws -> [String: JSONValue] {
    let (header, payload) = try JSONWebSignature.verify(try #require(receipt), keys: try await services.access.publishedKeys())
    #expect(header.type == "yonjo-receipt+jwt")
    return try #require(try JSONValue(parsing: payload).object)
  }
}
