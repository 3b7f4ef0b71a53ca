import Broker
import CitizenItems
import JOSE
import JPKI
import StrictJSON

/// Card material in a request: a card envelope, or plain fields. Prints as `<redacted>`.
enum Card: Decodable, Redacted {
  case envelope(String)
  case plain(PlainCard)

  private enum CodingKeys: String, CodingKey { case envelope }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if container.contains(.envelope) {
      self = .envelope(try container.decode(String.self, forKey: .envelope))
    } else {
      self = .plain(try PlainCard(from: decoder))
    }
  }

  /// The rules' own form. Refuses a format that no build of ours reads (422).
  func input() throws -> CardInput {
    switch self {
    case .envelope(let compact): return .envelope(compact)
    case .plain(let plain): return .plain(try plain.material())
    }
  }
}

/// The fields of a card, in clear.
struct PlainCard: Decodable, Redacted {
  let format: String
  let signature: String
  let certificate: Base64Field?
  let authentication: CardAuthentication?

  func material() throws -> CardMaterial {
    guard let format = CardSignature.Format(rawValue: format) else { throw JSONFaults("/card/format", "must be raw, cms or xml") }
    guard format.isSupported else {
      throw Refusal.field("/card/format", "formatNotSupported", "This broker reads no XML signatures.", nextStep: "Sign as raw or cms.")
    }
    guard let bytes = format == .cms ? Base64.decode(signature) : Base64URL.decode(signature) else {
      throw JSONFaults("/card/signature", format == .cms ? "must be base64 with padding" : "must be base64url without padding")
    }
    if format == .raw, certificate == nil { throw JSONFaults("/card/certificate", "is required with raw") }
    return CardMaterial(
      main: .init(format: format, signature: bytes, certificate: certificate?.bytes),
      authentication: authentication.map { .init(format: .raw, signature: $0.signature.bytes, certificate: $0.certificate.bytes) })
  }
}

/// The authentication key's signature over the same bytes.
struct CardAuthentication: Decodable, Redacted {
  let signature: Base64URLField
  let certificate: Base64Field
}
