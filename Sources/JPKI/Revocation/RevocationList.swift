public import Foundation

/// A CRL ready to be asked: its signature was verified before any of its entries was believed, and its entries stand in an index, which for large lists is a
/// mapped file (RFC 5280 §5, §6.3).
public struct RevocationList: Sendable {
  /// Whose certificates it speaks of.
  public let issuer: TrustAnchor
  /// Its number: one that goes back is not to be put in force.
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
  /// SHA-256 of what was signed.
  public let contentDigest: [UInt8]

  private let index: RevocationIndex

  /// The key identifier of `issuer`.
  public var issuerKeyIdentifier: [UInt8] { issuer.subjectKeyIdentifier }

  /// Takes a small list, whose index is held in memory: finds the issuer among the anchors of this kind by the key identifier that the list names, then
  /// as below.
  public init(
    verifying der: [UInt8], trust: TrustStore, kind: CertificateKind, at: Date, clockSkew: TimeInterval = 60, maximumBytes: Int = 1 << 30
  ) throws(VerificationFailure) {
    do throws(RevocationIndexError) {
      let bounds = RevocationListBounds(maximumBytes: maximumBytes, clockSkew: clockSkew)
      let verified = try VerifiedRevocationList(.memory(der), at: at, bounds) { trust.anchor(kind, keyIdentifier: $0) }
      self.init(try verified.indexInMemory(), issuer: verified.issuer)
    } catch {
      throw Self.failure(error)
    }
  }

  /// - Parameters:
  ///   - at: the list must be in force then.
  ///   - clockSkew: how far thisUpdate may lie ahead, in seconds.
  ///   - maximumBytes: a larger list is refused unread.
  public init(
    verifying der: [UInt8], issuer: TrustAnchor, at: Date, clockSkew: TimeInterval = 60, maximumBytes: Int = 1 << 30
  ) throws(VerificationFailure) {
    do throws(RevocationIndexError) {
      let bounds = RevocationListBounds(maximumBytes: maximumBytes, clockSkew: clockSkew)
      self.init(try VerifiedRevocationList(der, issuer: issuer, at: at, bounds: bounds).indexInMemory(), issuer: issuer)
    } catch {
      throw Self.failure(error)
    }
  }

  /// Maps an index file that ``VerifiedRevocationList/prepareIndex(at:)`` made. The file must be this user's and closed to others, undamaged, and of an issuer
  /// that is trusted for this kind. Whether the list has run out is looked at when it is asked.
  public init(mapping path: String, trust: TrustStore, kind: CertificateKind) throws(RevocationIndexError) {
    let index = try RevocationIndex(mapping: path)
    guard index.header.kind == kind, let issuer = trust.anchor(kind, keyIdentifier: index.header.issuerKeyIdentifier),
      issuer.fingerprint == index.header.issuerFingerprint
    else { throw .foreign }
    self.init(index, issuer: issuer)
  }

  /// The same for one issuer.
  public init(mapping path: String, issuer: TrustAnchor) throws(RevocationIndexError) {
    let index = try RevocationIndex(mapping: path)
    guard index.header.kind == issuer.kind, issuer.fingerprint == index.header.issuerFingerprint else { throw .foreign }
    self.init(index, issuer: issuer)
  }

  private init(_ index: RevocationIndex, issuer: TrustAnchor) {
    self.issuer = issuer
    number = index.header.number
    thisUpdate = Date(timeIntervalSince1970: TimeInterval(index.header.thisUpdate))
    nextUpdate = Date(timeIntervalSince1970: TimeInterval(index.header.nextUpdate))
    entryCount = index.header.entryCount
    countsByReason = index.header.counts
    distributionPoints = index.header.distributionPoints
    contentDigest = index.header.contentDigest
    self.index = index
  }

  private static func failure(_ error: RevocationIndexError) -> VerificationFailure {
    if case .refused(let reason) = error { VerificationFailure(reason) } else { VerificationFailure(.crlMalformed) }
  }

  /// What the list says of a certificate: it must be this issuer's, and covered.
  ///
  /// - Parameter inForce: the number that is known to be in force; an older list says nothing.
  public func status(of certificate: VerifiedCertificate, at: Date, inForce: UInt64 = 0) -> RevocationStatus {
    guard certificate.issuer == issuer else { return .unknown(.crlIssuer) }
    return status(of: certificate.serial, isCovered: covers(certificate), at: at, inForce: inForce)
  }

  /// The same by serial number alone: a list of a part can only say that a certificate is revoked.
  public func status(of serial: Serial, at: Date, inForce: UInt64 = 0) -> RevocationStatus {
    status(of: serial, isCovered: distributionPoints.isEmpty, at: at, inForce: inForce)
  }

  /// The same by serial number and the certificate's distribution point (a GeneralName in DER), where that is known.
  public func status(of serial: Serial, point: [UInt8]?, at: Date, inForce: UInt64 = 0) -> RevocationStatus {
    let isCovered = distributionPoints.isEmpty || point.map(distributionPoints.contains) ?? false
    return status(of: serial, isCovered: isCovered, at: at, inForce: inForce)
  }

  /// Which number an index file bears, as far as its header tells; nil where it is none. Nothing else of it is looked at.
  public static func number(ofIndex path: String) -> UInt64? { RevocationIndexFormat.number(path) }

  /// Whether the list is of the part that the certificate names (RFC 5280 §6.3.3 (b)(2)(i)), or of all.
  public func covers(_ certificate: VerifiedCertificate) -> Bool {
    distributionPoints.isEmpty || certificate.distributionPoint.map(distributionPoints.contains) ?? false
  }

  private func status(of serial: Serial, isCovered: Bool, at: Date, inForce: UInt64) -> RevocationStatus {
    guard number >= inForce else { return .unknown(.crlBehind) }
    guard at < nextUpdate else { return .unknown(.crlExpired) }
    if let found = index.find(serial) {
      return .revoked(found.code.meaning, at: Date(timeIntervalSince1970: TimeInterval(found.seconds)))
    }
    return isCovered ? .good : .unknown(.crlOfOtherPart)
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
          // RFC 5280 §5.2.3: non-critical; validators that do not use it, OpenSSL among them, refuse a critical one.
          guard !one.isCritical else { throw .value }
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
