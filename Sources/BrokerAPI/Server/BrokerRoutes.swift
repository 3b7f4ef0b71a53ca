public import Broker
public import Hummingbird

/// The whole API: a pure function of services and settings.
public enum BrokerRoutes {
  /// An application that serves every route; run it as a service.
  ///
  /// - Parameters:
  ///   - services: the rules.
  ///   - onRunning: told of the port once requests are taken.
  public static func application(
    services: BrokerServices, settings: ServerSettings, surroundings: ServerSurroundings,
    onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
  ) throws -> some ApplicationProtocol {
    try BrokerServer.application(
      router: router(services: services, limits: settings.limits), settings: settings, surroundings: surroundings,
      quick: { QuickLookUps(access: services.access, matches: services.matches, edge: $0) }, onRunning: onRunning)
  }

  /// Every route but health and metrics, which ``BrokerServer`` adds.
  static func router(services: BrokerServices, limits: ServerLimits) -> Router<BrokerRequestContext> {
    let router = Router(context: BrokerRequestContext.self)
    let endpoint = Endpoint(callers: services.access, allowances: services.allowances, limits: limits)
    TokenRoutes(access: services.access).add(to: router)
    WellKnownRoutes(access: services.access).add(to: router)
    NoticeRoutes(endpoint: endpoint, notices: services.notices).add(to: router)
    ConsentRoutes(endpoint: endpoint, consents: services.consents, withdrawals: services.withdrawals).add(to: router)
    OnboardingRoutes(endpoint: endpoint, onboardings: services.onboardings).add(to: router)
    DocumentRoutes(endpoint: endpoint, documents: services.documents).add(to: router)
    VerificationRoutes(endpoint: endpoint, verifications: services.verifications).add(to: router)
    LoginRoutes(endpoint: endpoint, logins: services.logins).add(to: router)
    MatchRoutes(endpoint: endpoint, matches: services.matches).add(to: router)
    PairRoutes(endpoint: endpoint, pairs: services.pairs).add(to: router)
    LedgerChangeRoutes(endpoint: endpoint, ledgerChanges: services.ledgerChanges).add(to: router)
    TagKeyRoutes(endpoint: endpoint, tagKeys: services.tagKeys).add(to: router)
    VOPRFRoutes(endpoint: endpoint, evaluations: services.evaluations).add(to: router)
    SubjectRoutes(endpoint: endpoint, subjects: services.subjects, statuses: services.status, latestItems: services.latestItems).add(
      to: router)
    EvidenceRoutes(endpoint: endpoint, evidence: services.evidence).add(to: router)
    DoorRoutes(endpoint: endpoint, doors: services.doors).add(to: router)
    EventRoutes(endpoint: endpoint, events: services.events).add(to: router)
    AuditRoutes(endpoint: endpoint, audit: services.audit).add(to: router)
    AuditLogRoutes(endpoint: endpoint, log: services.auditLog).add(to: router)
    AuditExportRoutes(endpoint: endpoint, exports: services.auditExports).add(to: router)
    return router
  }
}

extension AccessService: CallerSource {}
