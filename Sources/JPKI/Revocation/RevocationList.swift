public import Foundation

/// A CRL whose signature was verified before any of its entries was believed (RFC 5280 §5, §6.3).
public struct RevocationList: Sendable {
  /// Whose certificates it speaks of.
  public let issuer: TrustAnchor
  /// Its number: one that goes back is not to be put in force. RFC 5280 §5.2.3 would allow 20 bytes; daily lists need three.
  public let number: UInt64
  /// The source's time.
  public let thisUpdate: Date
  /// When the next one is due; from then on this one says nothing.
  public let nextUpdate: Date
  /// How many certificates it names.
  public let entryCount: Int
  /// The same by reason.
  public let countsByReason: [RevocationReasonCode: Int]
  /// The GeneralNames, in DER, of the part that it covers; empty for the list of all certificates.
  public let distributionPoints: [[UInt8]]

  private let entries: RevocationEntries

  /// The key identifier of `issuer`.
  public var issuerKeyIdentifier: [UInt8] { issuer.subjectKeyIdentifier }

  /// Finds the issuer among the anchors of this kind by the key identifier that the list names, then as below.
  public init(
    verifying der: [UInt8], trust: TrustStore, kind: CertificateKind, at: Date, clockSkew: TimeInterval = 60, maximumBytes: Int = 1 << 30
  ) throws(VerificationFailure) {
    guard der.count <= maximumBytes else { throw VerificationFailure(.crlTooLarge) }
    let fields: RevocationListFields
    do throws(DERError) { fields = try RevocationListFields(der) } catch { throw VerificationFailure(.crlMalformed) }
    let named = try RevocationListHeader(fields.extensions).authorityKeyIdentifier
    guard let issuer = named.flatMap({ trust.anchor(kind, keyIdentifier: $0) }) else { throw VerificationFailure(.crlIssuer) }
    try self.init(der, fields, issuer: issuer, at: at, clockSkew: clockSkew)
  }

  /// - Parameters:
  ///   - at: the list must be in force then.
  ///   - clockSkew: how far thisUpdate may lie ahead, in seconds.
  ///   - maximumBytes: a larger list is refused unread.
  public init(
    verifying der: [UInt8], issuer: TrustAnchor, at: Date, clockSkew: TimeInterval = 60, maximumBytes: Int = 1 << 30
  ) throws(VerificationFailure) {
    guard der.count <= maximumBytes else { throw VerificationFailure(.crlTooLarge) }
    let fields: RevocationListFields
    do throws(DERError) { fields = try RevocationListFields(der) } catch { throw VerificationFailure(.crlMalformed) }
    try self.init(der, fields, issuer: issuer, at: at, clockSkew: clockSkew)
  }

  private init(
    _ der: [UInt8], _ fields: RevocationListFields, issuer: TrustAnchor, at: Date, clockSkew: TimeInterval
  ) throws(VerificationFailure) {
    guard der[fields.issuer.whole] == issuer.subject[...] else { throw VerificationFailure(.crlIssuer) }
    guard fields.algorithmsAgree, fields.algorithm.rsaDigest == .sha256 else { throw VerificationFailure(.crlSignatureAlgorithm) }
    let header = try RevocationListHeader(fields.extensions)
    // Generations share their name: the key tells them apart.
    guard header.authorityKeyIdentifier == issuer.subjectKeyIdentifier else { throw VerificationFailure(.crlIssuer) }
    try Self.checkSignature(der, fields, issuer)
    try header.checkScope()
    guard fields.thisUpdate.isWrittenAsDemanded, fields.nextUpdate.isWrittenAsDemanded,
      fields.thisUpdate.seconds <= fields.nextUpdate.seconds
    else {
      throw VerificationFailure(.crlMalformed)
    }
    self.issuer = issuer
    number = header.number
    thisUpdate = Date(timeIntervalSince1970: TimeInterval(fields.thisUpdate.seconds))
    nextUpdate = Date(timeIntervalSince1970: TimeInterval(fields.nextUpdate.seconds))
    distributionPoints = header.point?.names ?? []
    guard thisUpdate <= at + max(clockSkew, 0) else { throw VerificationFailure(.crlNotYetValid) }
    guard at < nextUpdate else { throw VerificationFailure(.crlExpired) }
    entries = try RevocationEntries(der, in: fields.entries)
    entryCount = entries.count
    countsByReason = entries.counts
  }

  /// What the list says of a certificate: it must be this issuer's, and covered.
  public func status(of certificate: VerifiedCertificate, at: Date) -> RevocationStatus {
    guard certificate.issuer == issuer else { return .unknown(.crlIssuer) }
    // RFC 5280 §6.3.3 (b)(2)(i): the list's point is one of the certificate's.
    let isCovered = distributionPoints.isEmpty || certificate.distributionPoint.map(distributionPoints.contains) ?? false
    return status(of: certificate.serial, isCovered: isCovered, at: at)
  }

  /// The same by serial number alone: a list of a part can only say that a certificate is revoked.
  public func status(of serial: Serial, at: Date) -> RevocationStatus {
    status(of: serial, isCovered: distributionPoints.isEmpty, at: at)
  }

  private func status(of serial: Serial, isCovered: Bool, at: Date) -> RevocationStatus {
    guard at < nextUpdate else { return .unknown(.crlExpired) }
    if let found = entries.find(serial) {
      return .revoked(found.code.meaning, at: Date(timeIntervalSince1970: TimeInterval(found.seconds)))
    }
    return isCovered ? .good : .unknown(.crlOfOtherPart)
  }

  private static func checkSignature(_ der: [UInt8], _ fields: RevocationListFields, _ issuer: TrustAnchor) throws(VerificationFailure) {
    let hash = RunningSHA256()
    der.withUnsafeBufferPointer { hash.update(UnsafeBufferPointer(rebasing: $0[fields.tbs])) }
    let digest = hash.finish()
    do throws(VerificationFailure) {
      try PKCS1.verify(der[fields.signature], by: issuer.key, allowed: [.sha256]) { _ in digest }
    } catch {
      throw VerificationFailure(.crlSignature)
    }
  }
}

/// The extensions of a CRL (RFC 5280 §5.2).
struct RevocationListHeader {
  let authorityKeyIdentifier: [UInt8]?
  let number: UInt64
  let point: IssuingDistributionPoint?
  private let isDelta: Bool
  private let knowsAllCritical: Bool

  init(_ extensions: [CertificateExtension]) throws(VerificationFailure) {
    var key: [UInt8]?
    var number: UInt64?
    var point: IssuingDistributionPoint?
    var isDelta = false
    var knowsAllCritical = true
    var seen: Set<OID> = []
    do throws(DERError) {
      for one in extensions {
        guard seen.insert(one.oid).inserted else { throw .value }
        switch one.oid {
        case .authorityKeyIdentifier: key = try DecodedExtensions.authority(one.element(DERTag.sequence)).keyIdentifier
        case .crlNumber:
          let element = try one.element(DERTag.integer)
          let content = try Array(element.bytes[element.integerContent()])
          guard content[0] & 0x80 == 0, content.drop(while: { $0 == 0 }).count <= 8 else { throw .value }
          number = content.reduce(0) { $0 << 8 | UInt64($1) }
        case .issuingDistributionPoint: point = try IssuingDistributionPoint(one.element(DERTag.sequence))
        case .deltaCRLIndicator: isDelta = true
        default: if one.isCritical { knowsAllCritical = false }
        }
      }
    } catch {
      throw VerificationFailure(.crlMalformed)
    }
    guard let number else { throw VerificationFailure(.crlMalformed) }
    authorityKeyIdentifier = key
    self.number = number
    self.point = point
    self.isDelta = isDelta
    self.knowsAllCritical = knowsAllCritical
  }

  /// Only complete, direct lists of users' certificates are used.
  func checkScope() throws(VerificationFailure) {
    guard !isDelta else { throw VerificationFailure(.crlDelta) }
    guard knowsAllCritical else { throw VerificationFailure(.crlExtensionUnknownCritical) }
    guard let point else { return }
    guard !point.isIndirect else { throw VerificationFailure(.crlIndirect) }
    guard !point.onlyAuthorities, !point.onlyAttributes, !point.onlySomeReasons, !point.hasRelativeName else {
      throw VerificationFailure(.crlPartialScope)
    }
  }
}
