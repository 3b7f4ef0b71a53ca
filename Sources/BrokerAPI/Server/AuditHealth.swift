public import Broker
internal import Foundation

extension HealthCheck {
  /// Whether audit events can be written: without that nothing is done (law 4), and the broker is not ready.
  public static func auditEvents(_ services: BrokerServices) -> HealthCheck {
    HealthCheck("auditEvents") {
      // A pool that is busy is no log that is full: what cannot be told in time makes nothing unready.
      let answer = await withTaskGroup(of: Bool?.self) { group in
        group.addTask { await services.auditLog.isWritable() }
        group.addTask {
          try? await Task.sleep(for: .milliseconds(700))
          return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        return first
      }
      switch answer {
      case true?: return Finding(.up)
      case false?: return Finding(.down, detail: "audit events cannot be written")
      case nil: return Finding(.degraded, detail: "not known at present")
      }
    }
  }

  /// Whether the jobs of the audit log keep up, by what any replica's did last.
  ///
  /// - Parameter stamps: whether checkpoints are to be time-stamped.
  public static func auditLog(_ services: BrokerServices, stamps: Bool) -> HealthCheck {
    HealthCheck("auditLog") {
      guard let states = try? await services.auditLog.jobStates() else { return Finding(.degraded, detail: "its state cannot be read") }
      let names = ["auditLog"] + (stamps ? ["timeStamps"] : [])
      for state in states where names.contains(state.name) {
        if let problem = state.problem { return Finding(.degraded, detail: "\(state.name): \(problem)") }
        if state.name == "auditLog", Date().timeIntervalSince(state.ranAt) > 60 {
          return Finding(.degraded, detail: "auditLog: no run for a minute")
        }
      }
      return Finding(.up)
    }
  }
}
