/// Why J-LIS brought no answer. Holds no part of what was asked or answered.
public enum JLISError: Error, Sendable, Equatable {
  /// No connection, a connection lost, or an answer that says "try again" (HTTP 5xx). May be asked again: all of it can be repeated.
  case unavailable
  /// No complete answer within the time allowed.
  case timeout
  /// J-LIS understood and said no; asking again changes nothing.
  case refused(JLISRefusal)
  /// The answer is not what the door's form allows.
  case malformed
  /// The answer is larger than the limit for that door.
  case tooLarge
  /// Recent calls all failed, so this one was not made; the door is tried again by itself after a pause.
  case circuitOpen
}

extension JLISError: CustomStringConvertible {
  /// A short name without any content of the call.
  public var description: String {
    switch self {
    case .unavailable: "J-LIS unavailable"
    case .timeout: "J-LIS timed out"
    case .refused(let refusal): "J-LIS refused: \(refusal.rawValue)"
    case .malformed: "J-LIS answered in a form not understood"
    case .tooLarge: "J-LIS answered more than the limit"
    case .circuitOpen: "J-LIS not asked: recent calls failed"
    }
  }
}

/// The code with which J-LIS refuses. Open: codes not known here may come.
public struct JLISRefusal: RawRepresentable, Sendable, Hashable {
  /// At most 64 letters and digits.
  public let rawValue: String

  /// Any code; characters other than ASCII letters and digits are dropped and the rest is cut at 64, so that no content can hide in one.
  public init(rawValue: String) {
    self.rawValue = String(
      rawValue.unicodeScalars.filter { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) }.prefix(64).map(
        Character.init))
  }

  /// The serial number was never issued.
  public static let certificateUnknown = JLISRefusal(rawValue: "certificateUnknown")
  /// The certificate with the statement is not of this authority, not a signing certificate, or not valid now.
  public static let certificateNotValid = JLISRefusal(rawValue: "certificateNotValid")
  /// The certificate with the statement has been revoked.
  public static let certificateRevoked = JLISRefusal(rawValue: "certificateRevoked")
  /// The signature over the statement does not verify.
  public static let signatureInvalid = JLISRefusal(rawValue: "signatureInvalid")
  /// The consent id is taken by another content.
  public static let consentConflict = JLISRefusal(rawValue: "consentConflict")
  /// There is no such consent of that service.
  public static let consentUnknown = JLISRefusal(rawValue: "consentUnknown")
  /// The cancellation was signed by somebody else than the consent.
  public static let notTheSamePerson = JLISRefusal(rawValue: "notTheSamePerson")
  /// The call breaks the form or a limit.
  public static let invalidRequest = JLISRefusal(rawValue: "invalidRequest")
  /// The operator's client certificate is missing or not known.
  public static let notAuthorised = JLISRefusal(rawValue: "notAuthorised")
}
