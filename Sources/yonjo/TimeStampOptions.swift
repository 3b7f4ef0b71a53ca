import Broker
import BrokerAPI
import Foundation
import JPKI
import Operations

/// The settings under `timeStamp`: who time-stamps checkpoints of the audit log.
enum TimeStampOptions {
  /// Nil where no authority is set.
  static func settings(_ settings: Settings) throws(CommandFailure) -> (settings: TimeStampSettings, client: TimeStampClient)? {
    guard let address = settings.text(.timeStampURL) else { return nil }
    guard TimeStampClient.isAddress(address) else {
      throw CommandFailure(.badUse, "timeStamp.url is no http or https address.", nextStep: "Correct \(SettingKey.timeStampURL.variable).")
    }
    let file = try settings.required(.timeStampTrustFile)
    let anchors = try contents(of: file)
    guard TimeStamp.isAnchor(anchors) else {
      throw CommandFailure(
        .badUse, "\(file) holds no certificate in PEM.", nextStep: "Set \(SettingKey.timeStampTrustFile.variable) to the authority's root.")
    }
    let minutes = try settings.integer(.timeStampMinutes, 1...44_640)
    let client = TimeStampClient(address: address)
    return (TimeStampSettings(authority: client, anchors: anchors, intervalSeconds: TimeInterval(minutes) * 60), client)
  }
}

extension ServingParts {
  /// The audit log: whether it takes events (without that nothing is done), whether its jobs keep up.
  static func auditChecks(_ services: BrokerServices, stamps: Bool) -> [HealthCheck] {
    [HealthCheck.auditEvents(services), HealthCheck.auditLog(services, stamps: stamps)].map { check in
      let remembered = RememberedFinding(seconds: 2, check: check.check)
      return HealthCheck(check.name) { await remembered.look() }
    }
  }
}
