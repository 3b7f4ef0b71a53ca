public import Foundation

/// Judges OCSP answers (RFC 6960 §3.2, §4.2.2).
public enum OCSPAnswer {
  /// What the answer says of this certificate, if it can be believed at all. Never throws: every fault makes the status unknown, with its reason.
  ///
  /// - Parameters:
  ///   - nonce: what was sent; nil where the question had none.
  ///   - responderStatus: speaks for a delegated responder whose certificate lacks ocsp-nocheck, by its number and issuer; without it such a
  ///     responder is refused.
  public static func verify(
    _ der: [UInt8], serial: Serial, issuer: TrustAnchor, nonce: [UInt8]?, at: Date, tolerance: OCSPTolerance = OCSPTolerance(),
    responderStatus: ((Serial, TrustAnchor) -> RevocationStatus)? = nil
  ) -> OCSPDecision {
    let response: OCSPResponse
    do throws(VerificationFailure) {
      response = try believed(der, issuer, at, responderStatus)
    } catch {
      return OCSPDecision(status: .unknown(error.reason), thisUpdate: nil, nextUpdate: nil, producedAt: nil)
    }
    let producedAt = Date(timeIntervalSince1970: TimeInterval(response.producedAt))
    do throws(VerificationFailure) {
      let single = try answer(in: response, about: serial, issuer)
      let thisUpdate = Date(timeIntervalSince1970: TimeInterval(single.thisUpdate))
      let nextUpdate = single.nextUpdate.map { Date(timeIntervalSince1970: TimeInterval($0)) }
      var status: RevocationStatus
      do throws(VerificationFailure) {
        try checkExtensions(response, single, nonce, tolerance)
        try checkTimes(producedAt, thisUpdate, nextUpdate, at, tolerance)
        status = Self.status(single)
      } catch {
        status = .unknown(error.reason)
      }
      return OCSPDecision(status: status, thisUpdate: thisUpdate, nextUpdate: nextUpdate, producedAt: producedAt)
    } catch {
      return OCSPDecision(status: .unknown(error.reason), thisUpdate: nil, nextUpdate: nil, producedAt: producedAt)
    }
  }

  /// The answer, once its signature is known to be the issuer's or its delegate's.
  private static func believed(
    _ der: [UInt8], _ issuer: TrustAnchor, _ at: Date, _ responderStatus: ((Serial, TrustAnchor) -> RevocationStatus)?
  ) throws(VerificationFailure) -> OCSPResponse {
    guard der.count <= JPKIProfile.maximumOCSPBytes else { throw VerificationFailure(.ocspTooLarge) }
    let parsed: OCSPResponse?
    do throws(DERError) { parsed = try OCSPResponse(der) } catch { throw VerificationFailure(.ocspMalformed) }
    guard let response = parsed else { throw VerificationFailure(.ocspUnsignedError) }
    guard response.algorithm.rsaDigest != nil || response.algorithm.ecdsaDigest != nil else {
      throw VerificationFailure(.ocspSignatureAlgorithm)
    }
    for key in try OCSPResponder.keys(for: response, issuer: issuer, at: at, responderStatus: responderStatus) {
      do throws(VerificationFailure) {
        try key.verify(der[response.signature], as: response.algorithm) { $0.digest(of: Array(der[response.tbs])) }
        return response
      } catch {
        continue
      }
    }
    throw VerificationFailure(.ocspSignature)
  }

  /// The one SingleResponse about this certificate.
  private static func answer(in response: OCSPResponse, about serial: Serial, _ issuer: TrustAnchor) throws(VerificationFailure)
    -> OCSPResponse.Single
  {
    let number = serial.integerContent
    let ofNumber = response.singles.filter { $0.serial == number }
    guard !ofNumber.isEmpty else { throw VerificationFailure(.ocspOtherCertificate) }
    let ofHash = ofNumber.filter { $0.hash == .sha1 || $0.hash == .sha256 }
    guard !ofHash.isEmpty else { throw VerificationFailure(.ocspHashAlgorithm) }
    let found = ofHash.filter { isOf(issuer, $0) }
    guard let single = found.first else { throw VerificationFailure(.ocspOtherIssuer) }
    // Two answers about one certificate contradict each other or say nothing more.
    guard found.count == 1 else { throw VerificationFailure(.ocspAnswerAmbiguous) }
    // Who speaks for this issuer speaks of its certificates alone (RFC 6960 §4.2.2.2): beside them, nothing else is answered.
    guard response.singles.allSatisfy({ isOf(issuer, $0) }) else { throw VerificationFailure(.ocspOtherIssuer) }
    return single
  }

  /// Whether the CertID names this issuer, by a digest that is known here.
  private static func isOf(_ issuer: TrustAnchor, _ single: OCSPResponse.Single) -> Bool {
    let identity = issuer.identity
    switch single.hash {
    case .sha1: return single.nameHash == identity.nameSHA1 && single.keyHash == identity.keySHA1
    case .sha256: return single.nameHash == identity.nameSHA256 && single.keyHash == identity.keySHA256
    default: return false
    }
  }

  /// The nonce (RFC 9654 §2.1), and no critical extension that is not understood.
  private static func checkExtensions(
    _ response: OCSPResponse, _ single: OCSPResponse.Single, _ nonce: [UInt8]?, _ tolerance: OCSPTolerance
  ) throws(VerificationFailure) {
    for one in response.extensions + single.extensions where one.isCritical && one.oid != .ocspNonce {
      throw VerificationFailure(.ocspExtensionUnknownCritical)
    }
    guard let nonce else { return }
    let returned = response.extensions.filter { $0.oid == .ocspNonce }
    if returned.isEmpty {
      guard tolerance.requiresNonce else { return }
      throw VerificationFailure(.ocspNonceMissing)
    }
    guard returned.count == 1, let value = try? returned[0].element(DERTag.octetString), value.contentBytes == nonce else {
      throw VerificationFailure(.ocspNonce)
    }
  }

  /// Nothing from the future, nothing stale (RFC 6960 §3.2 points 5 and 6).
  private static func checkTimes(
    _ producedAt: Date, _ thisUpdate: Date, _ nextUpdate: Date?, _ at: Date, _ tolerance: OCSPTolerance
  ) throws(VerificationFailure) {
    let skew = tolerance.clockSkew
    guard thisUpdate <= at + skew else { throw VerificationFailure(.ocspNotYetValid) }
    guard producedAt <= at + skew else { throw VerificationFailure(.ocspProducedAhead) }
    guard producedAt >= thisUpdate - skew else { throw VerificationFailure(.ocspTimesInconsistent) }
    if let nextUpdate {
      guard nextUpdate >= thisUpdate else { throw VerificationFailure(.ocspTimesInconsistent) }
      guard at - skew <= nextUpdate else { throw VerificationFailure(.ocspStale) }
    } else {
      guard at - skew <= thisUpdate + tolerance.maximumAgeWithoutNextUpdate else { throw VerificationFailure(.ocspTooOld) }
    }
  }

  private static func status(_ single: OCSPResponse.Single) -> RevocationStatus {
    switch single.status {
    case .good: .good
    case .revoked(let time, let code): .revoked(code.meaning, at: Date(timeIntervalSince1970: TimeInterval(time)))
    case .unknown: .unknown(.ocspUnknownCertificate)
    }
  }
}
