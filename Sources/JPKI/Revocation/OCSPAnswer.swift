public import Foundation

/// Judges OCSP answers (RFC 6960 §3.2, §4.2.2).
public enum OCSPAnswer {
  /// What the answer says of this certificate, if it can be believed at all. Never throws: every fault makes the status unknown, with its reason.
  ///
  /// - Parameters:
  ///   - nonce: what was sent; nil where the question had none.
  ///   - revocationList: speaks for a delegated responder whose certificate lacks ocsp-nocheck; without it such a responder is refused.
  public static func verify(
    _ der: [UInt8], serial: Serial, issuer: TrustAnchor, nonce: [UInt8]?, at: Date, tolerance: OCSPTolerance = OCSPTolerance(),
    revocationList: RevocationList? = nil
  ) -> OCSPDecision {
    let response: OCSPResponse
    do throws(VerificationFailure) {
      response = try believed(der, issuer, at, revocationList)
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
  private static func believed(_ der: [UInt8], _ issuer: TrustAnchor, _ at: Date, _ list: RevocationList?) throws(VerificationFailure)
    -> OCSPResponse
  {
    guard der.count <= JPKIProfile.maximumOCSPBytes else { throw VerificationFailure(.ocspTooLarge) }
    let parsed: OCSPResponse?
    do throws(DERError) { parsed = try OCSPResponse(der) } catch { throw VerificationFailure(.ocspMalformed) }
    guard let response = parsed else { throw VerificationFailure(.ocspUnsignedError) }
    guard let digest = response.algorithm.rsaDigest else { throw VerificationFailure(.ocspSignatureAlgorithm) }
    let key = try OCSPResponder.key(for: response, issuer: issuer, at: at, revocationList: list)
    do throws(VerificationFailure) {
      try PKCS1.verify(der[response.signature], by: key, allowed: [digest]) { $0.digest(of: Array(der[response.tbs])) }
    } catch {
      throw VerificationFailure(.ocspSignature)
    }
    return response
  }

  /// The one SingleResponse about this certificate.
  private static func answer(in response: OCSPResponse, about serial: Serial, _ issuer: TrustAnchor) throws(VerificationFailure)
    -> OCSPResponse.Single
  {
    let number = serial.integerContent
    let found = response.singles.filter { single in
      guard single.serial == number else { return false }
      switch single.hash {
      case .sha1: return single.nameHash == issuer.identity.nameSHA1 && single.keyHash == issuer.identity.keySHA1
      case .sha256: return single.nameHash == issuer.identity.nameSHA256 && single.keyHash == issuer.identity.keySHA256
      default: return false
      }
    }
    guard let single = found.first else { throw VerificationFailure(.ocspOtherCertificate) }
    // Two answers about one certificate contradict each other or say nothing more.
    guard found.count == 1 else { throw VerificationFailure(.ocspMalformed) }
    return single
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
    if returned.isEmpty, !tolerance.requiresNonce { return }
    guard returned.count == 1, let value = try? returned[0].element(DERTag.octetString), value.contentBytes == nonce else {
      throw VerificationFailure(.ocspNonce)
    }
  }

  /// Nothing from the future, nothing stale (RFC 6960 §3.2 points 5 and 6).
  private static func checkTimes(
    _ producedAt: Date, _ thisUpdate: Date, _ nextUpdate: Date?, _ at: Date, _ tolerance: OCSPTolerance
  ) throws(VerificationFailure) {
    let skew = tolerance.clockSkew
    guard thisUpdate <= at + skew, producedAt <= at + skew, producedAt >= thisUpdate - skew else {
      throw VerificationFailure(.ocspNotYetValid)
    }
    if let nextUpdate {
      guard nextUpdate >= thisUpdate else { throw VerificationFailure(.ocspNotYetValid) }
      guard at - skew <= nextUpdate else { throw VerificationFailure(.ocspStale) }
    } else {
      guard at - skew <= thisUpdate + tolerance.maximumAgeWithoutNextUpdate else { throw VerificationFailure(.ocspStale) }
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
