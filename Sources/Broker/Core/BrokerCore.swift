internal import JLIS
internal import JPKI
internal import Logging

/// What every service stands on. Made once by ``BrokerServices``.
public struct BrokerCore: Sendable {
  let database: Database
  let vault: KeyVault
  let clock: any WallClock
  let ids: IdentifierSource
  let audit: AuditTrail
  let events: EventLog
  let idempotency: Idempotency
  let opener: CardOpener
  let examiner: CardExaminer
  let allowances: RateLimiter
  let revocation: RevocationService
  let standing: StandingService
  let pairs: PairKeeper
  let cardTags: CardTags
  /// Work over a millisecond.
  let work: WorkPool
  let receipts: ReceiptSigner
  let evidence: EvidenceKeeper
  let trust: TrustStore
  let jlis: any JLISService
  /// The broker's own address, `iss` of everything that it signs.
  let issuer: String
  let logger: Logger
}
