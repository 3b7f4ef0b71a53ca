public import JLIS
public import JPKI
public import Logging
public import PostgreSQL

/// Every service of the broker, made once from its parts: database, keys, trust, J-LIS, clock.
public struct BrokerServices: Sendable {
  /// Tokens, and who stands behind one.
  public let access: AccessService
  /// 同意説明.
  public let notices: NoticeService
  /// Onboardings with their signatures.
  public let onboardings: OnboardingService
  /// Documents that were signed without a session.
  public let documents: DocumentService
  /// Evidence of every verification.
  public let verifications: VerificationService
  /// 利用者証明.
  public let logins: LoginService
  /// Matches in place of the registered seal, and tag look-ups.
  public let matches: MatchService
  /// 対: what was made, and what a clerk decides.
  public let pairs: PairService
  /// The ledger's nightly changes.
  public let ledgerChanges: LedgerChangeService
  /// Edge keys, wrapped for the bank.
  public let tagKeys: TagKeyService
  /// Blinded tags of scheme `voprf`.
  public let evaluations: EvaluationService
  /// 同意.
  public let consents: ConsentService
  /// 撤回.
  public let withdrawals: WithdrawalService
  /// 証跡原本, as its tenant may see it.
  public let evidence: EvidenceService
  /// 利用者.
  public let subjects: SubjectService
  /// 現況確認.
  public let status: StatusService
  /// 最新の利用者情報.
  public let latestItems: LatestItemsService
  /// What tenants are told.
  public let events: EventService
  /// What auditors see.
  public let audit: AuditService
  /// Checkpoints and proofs of the audit log.
  public let auditLog: AuditLogService
  /// Exports of the audit log.
  public let auditExports: AuditExportService
  /// Whether the audit log is as it was written.
  public let auditInspection: AuditInspection
  /// Takes audit events into the log; ``AuditLogKeeper/run(sweepEvery:)`` must run somewhere.
  public let auditKeeper: AuditLogKeeper
  /// The compliance staff of tenants, and their sessions.
  public let staff: StaffService
  /// What the console shows beyond the other services.
  public let console: ConsoleService
  /// Persons' own doors.
  public let doors: DoorService
  /// How much tenants and clients may ask in a minute.
  public let allowances: RateLimiter
  /// Revocation lists and OCSP; ``RevocationIndexes/run(every:)`` of its indexes keeps the lists fresh.
  public let revocation: RevocationService
  /// Work beside the requests; ``BackgroundJobs/run(sweepEvery:)`` must run somewhere.
  public let jobs: BackgroundJobs
  /// This process's sign of life; ``InstanceLock/run()`` must run while requests are served.
  public let instance: InstanceLock
  private let pool: PostgreSQLPool
  private let work: WorkPool

  /// - Parameters:
  ///   - pool: connections of the app role.
  ///   - jobsPool: connections of the jobs role.
  ///   - root: unwraps every other key.
  ///   - trust: anchors of one environment.
  ///   - policies: accepted beside those that are known of that environment.
  ///   - issuer: the broker's own address, such as `https://yonjo.example.jp`: `iss` and `aud` of tokens.
  ///   - revocationDirectory: where ``RevocationSync`` leaves the indexes of revocation lists; nil: there are none.
  ///   - workThreads: threads for work over a millisecond.
  ///   - ocsp: how responders are asked.
  ///   - evidenceKey: the public half of the offline key; nil: no evidence envelopes are made.
  ///   - timeStamps: who time-stamps checkpoints of the audit log; nil: nobody.
  public init(
    pool: PostgreSQLPool, jobsPool: PostgreSQLPool, root: RootKey, trust: TrustStore, policies: [JPKIProfile.Policy] = [],
    jlis: any JLISService, clock: any WallClock, issuer: String, revocationDirectory: String? = nil, workThreads: Int = 4,
    ocsp: OCSPSourceSettings = OCSPSourceSettings(), evidenceKey: EvidencePublicKey? = nil, timeStamps: TimeStampSettings? = nil,
    logger: Logger
  ) {
    let work = WorkPool(threads: workThreads)
    let ids = IdentifierSource(clock: clock)
    let instance = InstanceLock(pool: pool)
    let database = Database(pool: pool, logger: logger)
    let indexes = RevocationIndexes(directory: revocationDirectory, trust: trust, database: database, clock: clock, logger: logger)
    let revocation = RevocationService(jlis: jlis, work: work, indexes: indexes, clock: clock, ocsp: ocsp, logger: logger)
    let verifier = CardVerifier(trust: trust, policies: policies)
    let limiter = RateLimiter(database: database, clock: clock)
    func core(_ database: Database) -> BrokerCore {
      let vault = KeyVault(database: database, root: root, clock: clock)
      let audit = AuditTrail(ids: ids, clock: clock)
      let events = EventLog(ids: ids, clock: clock)
      let pairs = PairKeeper(ids: ids, clock: clock, events: events, audit: audit)
      return BrokerCore(
        database: database, vault: vault, clock: clock, ids: ids, audit: audit, events: events,
        idempotency: Idempotency(database: database, vault: vault, clock: clock, instance: instance), opener: CardOpener(vault: vault),
        examiner: CardExaminer(verifier: verifier, revocation: revocation, clock: clock, vault: vault, allowances: limiter),
        allowances: limiter,
        revocation: revocation,
        standing: StandingService(database: database, vault: vault, clock: clock, pairs: pairs, events: events), pairs: pairs,
        cardTags: CardTags(work: work), work: work,
        receipts: ReceiptSigner(vault: vault, issuer: issuer),
        evidence: EvidenceKeeper(key: evidenceKey, ids: ids, clock: clock, audit: audit), trust: trust, jlis: jlis, issuer: issuer,
        logger: logger)
    }
    func book(_ core: BrokerCore) -> ConsentBook {
      ConsentBook(
        database: core.database, vault: core.vault, clock: clock, ids: ids, events: core.events, audit: core.audit, jlis: jlis,
        logger: logger)
    }
    let main = core(database)
    let jobsCore = core(Database(pool: jobsPool, logger: logger))
    let jobs = BackgroundJobs(core: jobsCore, book: book(jobsCore))
    let consentBook = book(main)
    access = AccessService(core: main)
    allowances = limiter
    notices = NoticeService(core: main)
    onboardings = OnboardingService(core: main, book: consentBook)
    documents = DocumentService(core: main, book: consentBook)
    verifications = VerificationService(core: main)
    logins = LoginService(core: main)
    matches = MatchService(core: main)
    pairs = PairService(core: main)
    ledgerChanges = LedgerChangeService(core: main, onStored: { jobs.ledgerChangesStored($0) })
    tagKeys = TagKeyService(core: main)
    evaluations = EvaluationService(core: main)
    consents = ConsentService(core: main, book: consentBook)
    withdrawals = WithdrawalService(core: main, book: consentBook)
    evidence = EvidenceService(core: main)
    subjects = SubjectService(core: main, book: consentBook)
    status = StatusService(core: main)
    latestItems = LatestItemsService(core: main, book: consentBook)
    events = EventService(database: database, audit: main.audit)
    audit = AuditService(core: main)
    auditLog = AuditLogService(core: main)
    auditExports = AuditExportService(core: main)
    auditInspection = AuditInspection(database: database, vault: main.vault, issuer: issuer)
    auditKeeper = AuditLogKeeper(core: jobsCore, timeStamps: timeStamps)
    staff = StaffService(core: main, work: work)
    console = ConsoleService(core: main, consents: consents)
    doors = DoorService(core: main, consents: consents, withdrawals: withdrawals)
    self.revocation = revocation
    self.jobs = jobs
    self.instance = instance
    self.pool = pool
    self.work = work
  }

  /// Stops the broker's own threads. The pools are the caller's to close.
  public func stop() async {
    try? await work.stop()
    await revocation.indexes.stop()
  }
}
