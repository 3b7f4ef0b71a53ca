public import CitizenItems

/// What a card made, as it was handed in. Prints as `<redacted>`: the certificate holds items.
public struct CardSignature: Redacted {
  /// The forms in which a signature arrives.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// The bare RSA signature over a DigestInfo, with the certificate beside it.
    case raw
    /// CMS SignedData, attached or detached; the certificate inside it or beside it.
    case cms
    /// XML signature, enveloping or enveloped; read only in builds with the trait XMLSignatures.
    case xml

    /// Whether this build reads it.
    public var isSupported: Bool {
      #if XMLSignatures
        true
      #else
        self != .xml
      #endif
    }
  }

  /// The form.
  public let format: Format
  /// The signature's bytes.
  public let signature: [UInt8]
  /// The certificate in DER; required with `raw`.
  public let certificate: [UInt8]?

  /// Takes what was handed in, unchecked.
  public init(format: Format = .raw, signature: [UInt8], certificate: [UInt8]?) {
    self.format = format
    self.signature = signature
    self.certificate = certificate
  }
}
