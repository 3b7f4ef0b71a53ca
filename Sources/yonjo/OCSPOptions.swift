import Broker
import Foundation
import JLIS
import JPKI

/// The settings of OCSP as the rooms take them.
enum OCSPOptions {
  /// How responders are asked, and what is kept of their answers.
  static func source(_ settings: Settings) throws(CommandFailure) -> OCSPSourceSettings {
    let inquiry = OCSPSettings(
      hash: try choice(settings, .ocspCertIDHash), nonce: try choice(settings, .ocspNonce),
      nonceBytes: try settings.integer(.ocspNonceBytes, 1...128),
      clockSkew: TimeInterval(try settings.integer(.ocspClockSkewSeconds, 0...Int(OCSPTolerance.widestClockSkew))),
      maximumAgeWithoutNextUpdate: TimeInterval(try settings.integer(.ocspMaximumAgeSeconds, 0...86_400)), signer: try signer(settings))
    return OCSPSourceSettings(inquiry: inquiry, cachedAnswers: try settings.integer(.ocspCacheEntries, 0...1_000_000))
  }

  /// How questions travel.
  static func carry(_ configuration: inout JLISClientConfiguration, _ settings: Settings) throws(CommandFailure) {
    configuration.ocspMethod = try choice(settings, .ocspMethod)
    configuration.ocspTimeout = .milliseconds(try settings.integer(.ocspTimeoutMilliseconds, 100...60_000))
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(_ settings: Settings, _ key: SettingKey) throws(CommandFailure)
    -> Choice
  where Choice.RawValue == String {
    guard let choice = Choice(rawValue: try settings.required(key)) else {
      throw CommandFailure(
        .badUse, "\(key.rawValue) must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).",
        nextStep: "Correct \(key.variable).")
    }
    return choice
  }

  private static func signer(_ settings: Settings) throws(CommandFailure) -> OCSPRequestSigner? {
    switch (settings.text(.ocspCertificateFile), settings.text(.ocspKeyFile)) {
    case (nil, nil): return nil
    case (let certificate?, let key?):
      let (certificatePEM, keyPEM) = (try text(of: certificate), try text(of: key))
      do throws(OCSPSignerError) {
        return try OCSPRequestSigner(certificatePEM: certificatePEM, keyPEM: keyPEM)
      } catch {
        switch error {
        case .certificate:
          throw CommandFailure(.badUse, "\(certificate) holds no certificate in PEM.", nextStep: "Give one certificate alone.")
        case .mismatch:
          throw CommandFailure(.badUse, "\(key) is not the key of \(certificate).", nextStep: "Give a pair that belongs together.")
        case .key, .signing:
          throw CommandFailure(
            .badUse, "\(key) holds no key that signs OCSP requests.",
            nextStep: "Give an unencrypted PEM key: RSA of 2048 bits or more, P-256 or P-384.")
        }
      }
    default: throw CommandFailure(.badUse, "ocsp.certificateFile and ocsp.keyFile go together.", nextStep: "Set both, or neither.")
    }
  }
}
