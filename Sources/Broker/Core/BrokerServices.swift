public import JLIS
public import JPKI
public import Logging
public import PostgreSQL

/// Every service of the broker, made once from its parts: database, keys, trust, J-LIS, clock.
public struct BrokerServices: Sendable {
  public let access: AccessService
  public let notices: NoticeService
  public let onboardings: OnboardingService
  public let logins: LoginService
  public let matches: MatchService
  public let pairs: PairService
  public let ledgerChanges: LedgerChangeService
  public let tagKeys: TagKeyService
  public let consents: ConsentService
  public let withdrawals: WithdrawalService
  public let subjects: SubjectService
  public let status: StatusService
  public let latestItems: LatestItemsService
  public let events: EventService
  public let audit: AuditService
  public let revocation: RevocationService
  public let jobs: BackgroundJobs
  public let instance: InstanceLock
  private let pool: PostgreSQLPool
  private let work: WorkPool

  /// - Parameters:
  ///   - pool: connections of the app role.
  ///   - jobsPool: connections of the jobs role.
  ///   - root: unwraps every other key.
  ///   - trust: anchors of one environment.
  ///   - issuer: the broker's own address, such as `https://yonjo.example.jp`: `iss` and `aud` of tokens.
  ///   - workThreads: threads for work over a millisecond.
  public init(
    pool: PostgreSQLPool, jobsPool: PostgreSQLPool, root: RootKey, trust: TrustStore, jlis: any JLISService, clock: any WallClock,
    issuer: String,
    workThreads: Int = 4, logger: Logger
  ) {
    let work = WorkPool(threads: workThreads)
    let ids = IdentifierSource(clock: clock)
    let instance = InstanceLock(pool: pool)
    let database = Database(pool: pool)
    let revocation = RevocationService(jlis: jlis, trust: trust, database: database, work: work, clock: clock, logger: logger)
    let verifier = CardVerifier(trust: trust)
    func core(_ database: Database) -> BrokerCore {
      let vault = KeyVault(database: database, root: root, clock: clock)
      let audit = AuditTrail(ids: ids, clock: clock)
      let events = EventLog(ids: ids, clock: clock)
      let pairs = PairKeeper(ids: ids, clock: clock, events: events, audit: audit)
      return BrokerCore(
        database: database, vault: vault, clock: clock, ids: ids, audit: audit, events: events,
        idempotency: Idempotency(database: database, vault: vault, clock: clock, instance: instance), opener: CardOpener(vault: vault),
        examiner: CardExaminer(verifier: verifier, revocation: revocation, clock: clock), revocation: revocation,
        standing: StandingService(database: database, vault: vault, clock: clock, pairs: pairs, events: events), pairs: pairs,
        receipts: ReceiptSigner(vault: vault, issuer: issuer), trust: trust, jlis: jlis, issuer: issuer, logger: logger)
    }
    func book(_ core: BrokerCore) -> ConsentBook {
      ConsentBook(
        database: core.database, vault: core.vault, clock: clock, ids: ids, events: core.events, audit: core.audit, jlis: jlis,
        logger: logger)
    }
    let main = core(database)
    let jobsCore = core(Database(pool: jobsPool))
    let jobs = BackgroundJobs(core: jobsCore, book: book(jobsCore))
    let consentBook = book(main)
    access = AccessService(core: main)
    notices = NoticeService(core: main)
    onboardings = OnboardingService(core: main, book: consentBook)
    logins = LoginService(core: main)
    matches = MatchService(core: main)
    pairs = PairService(core: main)
    ledgerChanges = LedgerChangeService(core: main, onStored: { jobs.ledgerChangesStored($0, $1) })
    tagKeys = TagKeyService(core: main)
    consents = ConsentService(core: main, book: consentBook)
    withdrawals = WithdrawalService(core: main, book: consentBook)
    subjects = SubjectService(core: main, book: consentBook)
    status = StatusService(core: main)
    latestItems = LatestItemsService(core: main, book: consentBook)
    events = EventService(database: database, audit: main.audit)
    audit = AuditService(core: main)
    self.revocation = revocation
    self.jobs = jobs
    self.instance = instance
    self.pool = pool
    self.work = work
  }

  /// Stops the broker's own threads. The pools are the caller's to close.
  public func stop() async { try? await work.stop() }
}
