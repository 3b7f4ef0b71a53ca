/// Looks at everything the broker needs and says what is wrong, each with what to do about it. Changes nothing.
public struct Doctor: Sendable {
  private let checks: [DoctorCheck]

  /// - Parameter checks: made in this order, one after the other, each within ten seconds.
  public init(checks: [DoctorCheck]) { self.checks = checks }

  /// Makes all checks; none is skipped because another failed.
  public func examine() async -> DoctorReport {
    var findings: [DoctorFinding] = []
    for check in checks { findings.append(contentsOf: await Self.withinTenSeconds(check)) }
    return DoctorReport(findings: findings)
  }

  private static func withinTenSeconds(_ check: DoctorCheck) async -> [DoctorFinding] {
    await withTaskGroup(of: [DoctorFinding]?.self) { group in
      group.addTask { await check.look() }
      group.addTask {
        try? await Task.sleep(for: .seconds(10))
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first ?? [
        DoctorFinding(check.name, .down, "No answer within ten seconds.", nextStep: "See whether it runs and can be reached from here.")
      ]
    }
  }
}

/// One look at one thing.
public struct DoctorCheck: Sendable {
  /// What is looked at; stable, camelCase.
  public let name: String
  let look: @Sendable () async -> [DoctorFinding]

  /// Names the check and how it is made.
  public init(_ name: String, look: @escaping @Sendable () async -> [DoctorFinding]) {
    self.name = name
    self.look = look
  }
}

/// What a look found.
public struct DoctorFinding: Sendable, Encodable, Equatable {
  /// How it stands.
  public enum State: String, Sendable, Encodable {
    /// As it should be.
    case good
    /// Works, and should be looked at soon.
    case warning
    /// Set up wrongly: the broker must not run like this.
    case wrong
    /// Out of reach.
    case down
  }

  /// What was looked at.
  public let name: String
  /// How it stands.
  public let state: State
  /// One sentence; never a secret.
  public let sentence: String
  /// What to do; nil where nothing is to be done.
  public let nextStep: String?

  /// Makes a finding.
  public init(_ name: String, _ state: State, _ sentence: String, nextStep: String? = nil) {
    self.name = name
    self.state = state
    self.sentence = sentence
    self.nextStep = nextStep
  }
}

/// All that was found.
public struct DoctorReport: Sendable, Encodable {
  /// In the order of the checks.
  public let findings: [DoctorFinding]

  /// A report of these findings.
  public init(findings: [DoctorFinding]) { self.findings = findings }

  /// 0 where all is well (warnings too), 3 where a part is down, 1 where something is set up wrongly.
  public var exitCode: Int32 {
    if findings.contains(where: { $0.state == .wrong }) { return 1 }
    return findings.contains { $0.state == .down } ? 3 : 0
  }
}
