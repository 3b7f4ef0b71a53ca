/// The outcome of a verification, as the API names it.
public enum VerificationResult: String, Sendable, Hashable, CaseIterable {
  /// Everything holds.
  case ok
  /// The signature is not one of this certificate's key over these bytes, in the only form that is accepted.
  case signatureInvalid
  /// No anchor of this kind and environment issued the certificate.
  case certificateUntrusted
  /// The certificate is not of the profile.
  case certificateProfile
  /// The certificate's time is over.
  case certificateExpired
  /// The certificate's time has not begun.
  case certificateNotYetValid
  /// The certificate was revoked.
  case certificateRevoked
  /// Nobody can say now whether the certificate was revoked: as good as a refusal.
  case revocationUnknown
  /// The items that the customer declared are not those of the certificate.
  case itemsMismatch
  /// The two certificates do not belong to one person.
  case linkFailed
  /// The signature has been used before.
  case replayed
}
