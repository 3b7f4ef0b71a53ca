/// DigestInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING } (RFC 8017 §9.2). The card signs whatever it is given, so this is where it is looked at.
struct DigestInfo {
  /// Nil when the algorithm is none that is known here.
  let algorithm: DigestAlgorithm?
  let isSHA1: Bool
  let digest: ArraySlice<UInt8>

  /// - Parameters:
  ///   - content: what was to be signed, if it is at hand.
  ///   - digest: its digest under each algorithm, as far as it is known.
  init(_ payload: ArraySlice<UInt8>, content: [UInt8]?, digest: (DigestAlgorithm) -> [UInt8]?) throws(VerificationFailure) {
    if let content, !content.isEmpty, payload.elementsEqual(content) { throw VerificationFailure(.rawContent) }
    do {
      self = try DigestInfo(der: Array(payload))
    } catch {
      // Only what is no DigestInfo at all is looked at more closely.
      guard error.reason == .digestInfoMalformed else { throw error }
      if Self.isBareHash(payload, content, digest) { throw VerificationFailure(.bareHash) }
      if let first = payload.first, first != DERTag.sequence { throw VerificationFailure(.rawNonce) }
      throw error
    }
  }

  /// Whether the payload is a hash of the content; where the content is not at hand, whether it is as long as one.
  private static func isBareHash(_ payload: ArraySlice<UInt8>, _ content: [UInt8]?, _ digest: (DigestAlgorithm) -> [UInt8]?) -> Bool {
    if DigestAlgorithm.allCases.contains(where: { digest($0).map(payload.elementsEqual) ?? false }) { return true }
    if let content { return payload.elementsEqual(Hash.sha1(content)) }
    return payload.count == 20 || DigestAlgorithm.allCases.contains { $0.length == payload.count }
  }

  private init(der: [UInt8]) throws(VerificationFailure) {
    let identifier: AlgorithmIdentifier
    let isComplete: Bool
    do throws(DERError) {
      var outer = DERReader(der)
      var reader = try outer.element(DERTag.sequence).reader()
      identifier = try AlgorithmIdentifier(reader.element())
      digest = try der[reader.element(DERTag.octetString).content]
      isComplete = reader.isAtEnd && outer.isAtEnd
    } catch {
      throw VerificationFailure(.digestInfoMalformed)
    }
    guard isComplete else { throw VerificationFailure(.digestInfoTrailingBytes) }
    // RFC 8017 A.2.4: absent elsewhere, but in EMSA-PKCS1-v1_5 "SHALL" be NULL; OpenSSL, too, compares with that one encoding.
    guard identifier.parameters == .null else { throw VerificationFailure(.digestInfoParameters) }
    algorithm = DigestAlgorithm(identifier.oid)
    isSHA1 = identifier.oid == .sha1
  }
}
