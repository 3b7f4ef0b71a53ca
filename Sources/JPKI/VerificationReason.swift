/// Why something was refused: one code per check. All are listed in the API; none says why J-LIS revoked a certificate.
public enum VerificationReason: String, Sendable, Hashable, CaseIterable {
  // MARK: what was handed in

  /// The format (`xml`) is not supported by this build.
  case formatNotSupported
  /// A raw signature came without its certificate.
  case certificateMissing
  /// The certificate is larger than 16 KiB.
  case certificateTooLarge
  /// The certificate is not strict DER, or bytes follow it.
  case certificateMalformed
  /// The signature is larger than any that is accepted.
  case signatureTooLarge

  // MARK: trust

  /// The issuer's name is not, byte for byte, that of this environment and kind.
  case issuerName
  /// The certificate is one of the other kind: an authentication certificate never passes as a signing one, nor the other way.
  case certificateOfOtherKind
  /// The authority key identifier is missing, or its issuer and serial number are not the anchor's.
  case authorityKeyIdentifier
  /// No anchor has the key that the authority key identifier names.
  case issuerUnknown
  /// The issuer's signature over the certificate does not verify.
  case issuerSignature
  /// The anchor itself is not valid at this time.
  case issuerNotValid

  // MARK: profile

  /// Not an X.509 version 3 certificate.
  case certificateVersion
  /// The serial number is not positive, or longer than 20 bytes.
  case serialNumber
  /// The certificate is not signed with sha256WithRSAEncryption (with the next card's profile: ecdsa-with-SHA384), or names two algorithms.
  case signatureAlgorithm
  /// The certificate carries a unique identifier.
  case uniqueIdentifier
  /// An extension appears twice.
  case extensionDuplicate
  /// A known extension's content is not well formed.
  case extensionMalformed
  /// A critical extension is not known.
  case extensionUnknownCritical
  /// Validity is not written as RFC 5280 §4.1.2.5 demands, or ends before it begins.
  case validityEncoding
  /// The public key is not of the algorithm of the profile (RSA; with the next card's, elliptic), or is none.
  case publicKeyAlgorithm
  /// The public key is not of 2048 bits; of the next card's profile: not on P-384.
  case publicKeySize
  /// The public exponent is not acceptable.
  case publicKeyExponent
  /// The certificate is one of a certification authority.
  case isCA
  /// keyUsage is missing, not critical, or not exactly that of the kind.
  case keyUsage
  /// extKeyUsage is not exactly that of the kind.
  case extendedKeyUsage
  /// certificatePolicies is missing or not critical.
  case policies
  /// The policy is not on this environment's list for this kind.
  case policyNotAllowed
  /// cRLDistributionPoints is missing or does not lie under the issuer's own points.
  case distributionPoint
  /// authorityInfoAccess names no OCSP responder.
  case informationAccess
  /// subjectKeyIdentifier is missing.
  case subjectKeyIdentifier
  /// issuerAltName is missing or holds no directory name.
  case issuerAlternativeName
  /// The subject's name is not of the profile.
  case subjectName
  /// An authentication certificate carries a subjectAltName.
  case subjectAlternativeName
  /// An item or its substitute flags are missing from the signing certificate.
  case itemMissing
  /// An item appears twice.
  case itemDuplicate
  /// An item is not a UTF8String, is empty, too long, or holds control characters.
  case itemEncoding
  /// The substitute flags are not one 0 or 1 per character.
  case substituteFlags
  /// The date of birth is not EYYYYMMDD, or not a day of that era.
  case dateOfBirth
  /// The code of the sex is unknown.
  case sex

  // MARK: validity

  /// notAfter has passed.
  case certificateExpired
  /// notBefore has not come.
  case certificateNotYetValid

  // MARK: signature

  /// The signature is not as long as the key's modulus.
  case signatureLength
  /// The signature, as a number, is not below the modulus, or the recovered block is no PKCS#1 v1.5 block at all: signed by another key, or damaged.
  case signatureNotByThisKey
  /// The recovered block begins as one of PKCS#1 v1.5 but its padding is wrong.
  case paddingInvalid
  /// The ECDSA signature is not the DER of two positive numbers of the curve's size.
  case ecdsaMalformed
  /// The ECDSA signature does not verify: made by another key, or over another content, or over another digest of it.
  case ecdsaInvalid
  /// The signature is RSASSA-PSS.
  case pssNotAccepted
  /// A bare hash was signed, without DigestInfo.
  case bareHash
  /// The content itself was signed, without hashing.
  case rawContent
  /// Bytes that are neither DER nor a hash of the content were signed as they are: a nonce.
  case rawNonce
  /// What was signed is no DigestInfo in DER.
  case digestInfoMalformed
  /// Bytes follow the DigestInfo, or the digest inside it.
  case digestInfoTrailingBytes
  /// The algorithm's parameters are not NULL.
  case digestInfoParameters
  /// The digest is not as long as its algorithm makes it.
  case digestLength
  /// SHA-1.
  case sha1NotAccepted
  /// A digest algorithm that the profile does not allow.
  case digestAlgorithmNotAccepted
  /// Another content was signed.
  case digestMismatch

  // MARK: CMS

  /// Not a CMS message.
  case cmsMalformed
  /// A CMS message of another type than SignedData, or over another content type than data.
  case cmsContentType
  /// Not exactly one signer.
  case cmsSignerCount
  /// The signer's certificate is not in the message or is not the one that was handed in.
  case cmsSignerCertificate
  /// The signature algorithm is neither rsaEncryption nor the one of the digest and the key.
  case cmsSignatureAlgorithm
  /// The signed attributes lack contentType or messageDigest or name them twice.
  case cmsSignedAttributes
  /// The attached content is not the content that was to be signed.
  case cmsContentMismatch

  // MARK: XML, in builds with the trait XMLSignatures

  /// Not well-formed XML in UTF-8 within the bounds, or no signature of the form that is read.
  case xmlMalformed
  /// The document has a document type declaration, or declares entities.
  case xmlDocumentType
  /// Not exactly one signature, or not at its place: the document itself, or directly in the document's element.
  case xmlSignaturePlace
  /// Not exactly one reference, or one to anything but the one object or the whole document.
  case xmlReference
  /// Another canonicalization than the exclusive one, or other transforms than the two forms have.
  case xmlTransform
  /// The signature method is none of the certificate's key.
  case xmlSignatureAlgorithm
  /// The signature holds not exactly one certificate, or not the one that was handed in.
  case xmlSignerCertificate
  /// What was signed is not the content that was to be signed.
  case xmlContentMismatch

  // MARK: revocation

  /// Revoked because the certified content changed.
  case contentChanged
  /// Revoked for any other reason.
  case ended
  /// The list is larger than the bound.
  case crlTooLarge
  /// The list is not strict DER or not of RFC 5280's form.
  case crlMalformed
  /// The list is not one of this issuer's.
  case crlIssuer
  /// The list's signature does not verify.
  case crlSignature
  /// The list is not signed with sha256WithRSAEncryption.
  case crlSignatureAlgorithm
  /// The list is a delta.
  case crlDelta
  /// The list is indirect.
  case crlIndirect
  /// The list covers only some reasons, only authorities or only attribute certificates.
  case crlPartialScope
  /// The list or one of its entries has a critical extension that is not known.
  case crlExtensionUnknownCritical
  /// The list's nextUpdate has passed.
  case crlExpired
  /// The list's thisUpdate lies ahead.
  case crlNotYetValid
  /// The list is a part that does not cover this certificate.
  case crlOfOtherPart
  /// The list that this server holds is older than the one in force.
  case crlBehind
  /// Nothing can be said by the list because it is older than the tenant lets a fallback be.
  case crlTooOld
  /// The responder cannot be asked, or answers with an HTTP error.
  case ocspUnavailable
  /// The responder did not answer in time: neither revoked nor good.
  case ocspTimeout
  /// The answer is larger than the bound.
  case ocspTooLarge
  /// The answer is not strict DER or not of RFC 6960's form.
  case ocspMalformed
  /// An answer without signature (tryLater, unauthorized …): it means nothing.
  case ocspUnsignedError
  /// The answer's signature algorithm is not accepted.
  case ocspSignatureAlgorithm
  /// The answer's signature does not verify.
  case ocspSignature
  /// The responder's certificate was not issued by the certificate's own issuer.
  case ocspResponder
  /// The responder is not the issuer, and its certificate is not in the answer.
  case ocspResponderMissing
  /// The responder's certificate is not one for signing OCSP answers.
  case ocspResponderPurpose
  /// The responder's certificate is an authority's, has an unknown critical extension, or a key or form that is not accepted.
  case ocspResponderProfile
  /// The responder's certificate is not valid at this time.
  case ocspResponderExpired
  /// The responder's certificate has no ocsp-nocheck and nothing shows that it still stands.
  case ocspResponderUnchecked
  /// The responder's certificate is revoked.
  case ocspResponderRevoked
  /// The answer is about another certificate, or about none.
  case ocspOtherCertificate
  /// The answer is about a certificate of that number, but of another issuer.
  case ocspOtherIssuer
  /// The answer names the issuer by a hash that is neither SHA-1 nor SHA-256.
  case ocspHashAlgorithm
  /// The answer speaks of the certificate more than once.
  case ocspAnswerAmbiguous
  /// The nonce is another one.
  case ocspNonce
  /// The nonce that was sent did not come back.
  case ocspNonceMissing
  /// thisUpdate lies ahead.
  case ocspNotYetValid
  /// producedAt lies ahead.
  case ocspProducedAhead
  /// producedAt or nextUpdate lies before thisUpdate.
  case ocspTimesInconsistent
  /// nextUpdate has passed.
  case ocspStale
  /// There is no nextUpdate, and thisUpdate is older than such an answer may be.
  case ocspTooOld
  /// The answer has a critical extension that is not known.
  case ocspExtensionUnknownCritical
  /// The responder does not know the certificate.
  case ocspUnknownCertificate

  /// The one result that this reason leads to.
  public var result: VerificationResult {
    switch self {
    case .issuerName, .certificateOfOtherKind, .authorityKeyIdentifier, .issuerUnknown, .issuerSignature, .issuerNotValid:
      .certificateUntrusted
    case .certificateMissing, .certificateTooLarge, .certificateMalformed, .certificateVersion, .serialNumber, .signatureAlgorithm,
      .uniqueIdentifier,
      .extensionDuplicate, .extensionMalformed, .extensionUnknownCritical, .validityEncoding, .publicKeyAlgorithm, .publicKeySize,
      .publicKeyExponent,
      .isCA, .keyUsage, .extendedKeyUsage, .policies, .policyNotAllowed, .distributionPoint, .informationAccess, .subjectKeyIdentifier,
      .issuerAlternativeName, .subjectName, .subjectAlternativeName, .itemMissing, .itemDuplicate, .itemEncoding, .substituteFlags,
      .dateOfBirth, .sex:
      .certificateProfile
    case .certificateExpired: .certificateExpired
    case .certificateNotYetValid: .certificateNotYetValid
    case .formatNotSupported, .signatureTooLarge, .signatureLength, .signatureNotByThisKey, .paddingInvalid, .ecdsaMalformed, .ecdsaInvalid,
      .pssNotAccepted,
      .bareHash, .rawContent, .rawNonce, .digestInfoMalformed, .digestInfoTrailingBytes, .digestInfoParameters, .digestLength,
      .sha1NotAccepted,
      .digestAlgorithmNotAccepted, .digestMismatch, .cmsMalformed, .cmsContentType, .cmsSignerCount, .cmsSignerCertificate,
      .cmsSignatureAlgorithm,
      .cmsSignedAttributes, .cmsContentMismatch, .xmlMalformed, .xmlDocumentType, .xmlSignaturePlace,
      .xmlReference, .xmlTransform, .xmlSignatureAlgorithm, .xmlSignerCertificate, .xmlContentMismatch:
      .signatureInvalid
    case .contentChanged, .ended: .certificateRevoked
    case .crlTooLarge, .crlMalformed, .crlIssuer, .crlSignature, .crlSignatureAlgorithm, .crlDelta, .crlIndirect, .crlPartialScope,
      .crlExtensionUnknownCritical, .crlExpired, .crlNotYetValid, .crlOfOtherPart, .crlBehind, .crlTooOld:
      .revocationUnknown
    case .ocspUnavailable, .ocspTimeout, .ocspTooLarge, .ocspMalformed, .ocspUnsignedError, .ocspSignatureAlgorithm, .ocspSignature,
      .ocspResponder, .ocspResponderMissing, .ocspResponderPurpose, .ocspResponderProfile, .ocspResponderExpired, .ocspResponderUnchecked,
      .ocspResponderRevoked, .ocspOtherCertificate, .ocspOtherIssuer, .ocspHashAlgorithm, .ocspAnswerAmbiguous, .ocspNonce,
      .ocspNonceMissing, .ocspNotYetValid, .ocspProducedAhead, .ocspTimesInconsistent, .ocspStale, .ocspTooOld,
      .ocspExtensionUnknownCritical, .ocspUnknownCertificate:
      .revocationUnknown
    }
  }
}
