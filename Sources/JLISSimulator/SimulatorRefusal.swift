/// Why the simulator did not do what a person at its controls asked for.
public enum SimulatorRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// No citizen of that id.
  case citizenUnknown
  /// The citizen has no certificate of that kind.
  case certificateUnknown
  /// The citizen has died; nothing is issued any more.
  case citizenDead
  /// The certificate has been revoked already.
  case alreadyRevoked
  /// The date of birth is not a date.
  case dateOfBirth
  /// The sex is none of those known.
  case sex
  /// Name or address is empty or longer than 300 characters.
  case text
  /// No municipality of that code.
  case municipalityUnknown
  /// No such medium beside the card: a phone is Android's or Apple's.
  case notAPhone
  /// No consent of that id and citizen.
  case consentUnknown
  /// The key file of a certificate is gone.
  case keyMissing
  /// A key of `--broker-jwks` cannot be used for an envelope.
  case brokerKey
  /// A key to be certified is not RSA-2048, or no public key at all.
  case publicKey

  /// One sentence, with what to do where that helps.
  public var description: String {
    switch self {
    case .citizenUnknown: "There is no such citizen; `jlis-simulator citizen list` shows them."
    case .certificateUnknown: "The citizen has no such certificate."
    case .citizenDead: "The citizen has died; nothing is issued any more."
    case .alreadyRevoked: "The certificate has been revoked already."
    case .dateOfBirth: "The date of birth must be a date such as 1980-02-17, 昭和55年2月17日 or 319800217."
    case .sex: "The sex must be one of male, female, other, unknown."
    case .text: "Name and address must hold 1 to 300 characters."
    case .municipalityUnknown: "There is no such municipality; the simulator knows a few, by codes such as 13101."
    case .notAPhone: "A phone is android or iphone."
    case .consentUnknown: "There is no such consent of that citizen."
    case .keyMissing: "The key of the certificate is gone from the state directory."
    case .brokerKey: "The key set holds no key of use `enc` that can be used for an envelope."
    case .publicKey: "The key to be certified must be a public RSA key of 2048 bits, DER or PEM."
    }
  }
}
