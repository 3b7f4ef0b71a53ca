public import CitizenItems
internal import Foundation
internal import JOSE
public import JPKI

/// What a request brings of a card: a card envelope made on the person's device, or plain fields.
public enum CardInput: Sendable {
  /// JWE, compact (RFC 7516), to a broker key of `/jwks.json`.
  case envelope(String)
  /// Plain fields: from `deemedVerifier` tenants and in sandboxes only.
  case plain(CardMaterial)
}

/// Signatures and certificates that a card made. Prints as `<redacted>`.
public struct CardMaterial: Redacted {
  /// One signature with the certificate that it is to be verified by.
  public struct Part: Redacted {
    /// How the signature is packed.
    public let format: CardSignature.Format
    /// The signature as the card made it, or the signed message that holds it.
    public let signature: [UInt8]
    /// DER; required with `raw`.
    public let certificate: [UInt8]?

    /// Puts a part together; nothing is checked yet.
    public init(format: CardSignature.Format, signature: [UInt8], certificate: [UInt8]?) {
      self.format = format
      self.signature = signature
      self.certificate = certificate
    }
  }

  /// The main part: by the signing certificate, or by the authentication certificate for a login.
  public let main: Part
  /// The authentication certificate's part, beside a signing one.
  public let authentication: Part?

  /// Puts the parts together; nothing is checked yet.
  public init(main: Part, authentication: Part?) {
    self.main = main
    self.authentication = authentication
  }
}

/// What is inside a card envelope: the same members as a plain card, bound to tenant and session.
private struct EnvelopePayload: Decodable {
  struct Part: Decodable {
    let signature: String
    let certificate: String?
  }
  let tenantId: String
  let sessionId: String
  let format: String
  let signature: String
  let certificate: String?
  let authentication: Part?
}

/// Opens card envelopes and enforces who may send plain fields.
struct CardOpener: Sendable {
  /// Characters of a compact JWE; a card envelope is some 6 KiB.
  static let maximumEnvelopeLength = 131_072

  let vault: KeyVault

  /// The card's material for this caller and session.
  func open(_ input: CardInput, caller: Caller, session: String) async throws(Refusal) -> CardMaterial {
    let material = try await read(input, caller: caller, session: session)
    guard material.main.format.isSupported else {
      throw Refusal.field(
        "/card/format", "formatNotSupported", "XML signatures are not supported by this broker.", nextStep: "Sign as raw or cms.")
    }
    return material
  }

  private func read(_ input: CardInput, caller: Caller, session: String) async throws(Refusal) -> CardMaterial {
    switch input {
    case .plain(let material):
      guard caller.status == .deemedVerifier || caller.isSandbox else {
        throw Refusal(
          .forbidden, "cardEnvelopeRequired", "This tenant must not handle card material in clear.",
          nextStep: "Relay the card envelope that the person's device made to a key of /jwks.json.", pointer: "/card")
      }
      return material
    case .envelope(let compact):
      guard compact.utf8.count <= Self.maximumEnvelopeLength else {
        throw Refusal(
          .tooLarge, "cardEnvelopeTooLarge", "The card envelope is larger than \(Self.maximumEnvelopeLength) characters.",
          nextStep: "Send the envelope as the device made it.", pointer: "/card/envelope")
      }
      let keys = try await vault.platformKeys().envelope
      guard let opened = try? JSONWebEncryption.decrypt(compact, with: keys),
        let payload = try? JSONDecoder().decode(EnvelopePayload.self, from: Data(opened.plaintext))
      else {
        throw Refusal.field(
          "/card/envelope", "cardEnvelopeUnreadable",
          "The card envelope does not open with a key of /jwks.json, or is not of the described form.",
          nextStep: "Let the device make it anew with a current key of /jwks.json whose use is enc.")
      }
      guard payload.tenantId == caller.tenantID.description, payload.sessionId == session else {
        throw Refusal.field(
          "/card/envelope", "cardEnvelopeForeign", "The card envelope was made for another tenant, session or document.",
          nextStep: "Let the device make one for this session or document.")
      }
      guard let format = CardSignature.Format(rawValue: payload.format), let signature = Base64URL.decode(payload.signature) else {
        throw Refusal.field(
          "/card/envelope", "cardEnvelopeUnreadable", "A member of the card envelope is not of the described form.",
          nextStep: "See Card in the API description.")
      }
      var authentication: CardMaterial.Part?
      if let part = payload.authentication {
        guard let signature = Base64URL.decode(part.signature) else {
          throw Refusal.field(
            "/card/envelope", "cardEnvelopeUnreadable", "A member of the card envelope is not of the described form.",
            nextStep: "See Card in the API description.")
        }
        authentication = CardMaterial.Part(format: .raw, signature: signature, certificate: try Self.certificate(part.certificate))
      }
      return CardMaterial(
        main: .init(format: format, signature: signature, certificate: try Self.certificate(payload.certificate)),
        authentication: authentication)
    }
  }

  private static func certificate(_ text: String?) throws(Refusal) -> [UInt8]? {
    guard let text else { return nil }
    guard let certificate = Base64.decode(text) else {
      throw Refusal.field(
        "/card/envelope", "cardEnvelopeUnreadable", "A certificate in the card envelope is not base64 DER.",
        nextStep: "See Card in the API description.")
    }
    return certificate
  }
}
