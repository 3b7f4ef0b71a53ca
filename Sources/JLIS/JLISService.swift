public import JPKI

/// What the Japan Agency for Local Authority Information Systems (J-LIS) offers a platform operator.
///
/// CRL and OCSP are public standards; everything else is under NDA, so its form here is our own (see ``JLISWire``).
/// A serial number is addressed one a call (jpki.md §7, house.md law 2): no door takes or gives a list of them.
/// Nothing that passes here is ever logged: statements, signatures, certificates, serials and items are all personal.
public protocol JLISService: Sendable {
  /// Forwards one DER `OCSPRequest` (RFC 6960) to the responder of that certificate authority and brings back its DER answer, unverified.
  func ocsp(_ request: [UInt8], kind: CertificateKind) async throws(JLISError) -> [UInt8]

  /// Fetches the full certificate revocation list of that authority as DER (RFC 5280 §5), unverified.
  func revocationList(kind: CertificateKind) async throws(JLISError) -> [UInt8]

  /// The same into a file, piece by piece: a list may have hundreds of megabytes. The file is made, mode 0600; it must not be there yet. Whoever calls
  /// removes it, also after a failure.
  func saveRevocationList(kind: CertificateKind, to path: String) async throws(JLISError)

  /// Whether both certificates are one person's (公的個人認証法18条4–5項). Unknown serials answer `false`.
  /// To be used for confirming that binding only, never passed on.
  func belongTogether(signing: Serial, authentication: Serial) async throws(JLISError) -> Bool

  /// The serial that followed `serial` after a renewal or reissue; nil while there is none. The newest is named, however many came between.
  func successor(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial?

  /// The serial of the certificate now on the card of the person to whom that of a phone was issued (スマホ用電子証明書); nil for a card's own. For
  /// confirming that link only, never passed on.
  func cardCounterpart(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial?

  /// Leaves a person's signed consent to latest items at J-LIS. May be repeated: the same consent id with the same content brings the same
  /// reception; with other content ``JLISRefusal/consentConflict``.
  func registerConsent(_ consent: ForwardedConsent) async throws(JLISError) -> ConsentReception

  /// Cancels a consent with the person's signature. May be repeated; a consent already cancelled brings the first cancellation's reception.
  func cancelConsent(_ cancellation: ForwardedCancellation) async throws(JLISError) -> CancellationReception

  /// Consents of one service that have been cancelled, oldest first: through the operator or by the person at J-LIS directly.
  /// J-LIS does not push, so the operator polls (jpki.md §8). `after` is the cursor of an earlier page; nil begins at the beginning.
  func cancellations(serviceID: String, after cursor: String?) async throws(JLISError) -> CancellationPage

  /// Asks for the latest four items (最新の利用者情報) of the person to whom the old signing certificate was issued.
  /// Only items within the consent are given, and nothing at all while there is no new certificate.
  func latestItems(oldSigningSerial: Serial, serviceID: String, consentID: String) async throws(JLISError) -> LatestItemsAnswer
}

extension JLISService {
  /// For sources whose lists are small.
  public func saveRevocationList(kind: CertificateKind, to path: String) async throws(JLISError) {
    try NewFile(path).append(try await revocationList(kind: kind))
  }
}
