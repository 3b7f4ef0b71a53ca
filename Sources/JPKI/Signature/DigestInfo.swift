/// DigestInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING } (RFC 8017 §9.2). The card signs whatever it is given, so this is where it is looked at.
struct DigestInfo {
  /// Nil when the algorithm is none that is known here.
  let algorithm: DigestAlgorithm?
  let isSHA1: Bool
  let digest: ArraySlice<UInt8>

  /// Lengths of the hashes that are signed bare by mistake: MD5, SHA-1, SHA-256, SHA-384, SHA-512.
  private static let bareLengths: Set<Int> = [16, 20, 32, 48, 64]

  init(_ payload: ArraySlice<UInt8>, content: [UInt8]?) throws(VerificationFailure) {
    if let content, !content.isEmpty, payload.elementsEqual(content) { throw VerificationFailure(.rawContent) }
    do {
      self = try DigestInfo(der: Array(payload))
    } catch {
      // Only what is no DigestInfo at all can be a bare hash.
      if error.reason == .digestInfoMalformed, Self.bareLengths.contains(payload.count) { throw VerificationFailure(.bareHash) }
      throw error
    }
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
    // RFC 8017 A.2.4: NULL, but absent parameters are accepted as well.
    guard identifier.parameters != .other else { throw VerificationFailure(.digestInfoParameters) }
    algorithm = DigestAlgorithm(identifier.oid)
    isSHA1 = identifier.oid == .sha1
  }
}
