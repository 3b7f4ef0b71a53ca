public import Broker
internal import Foundation
internal import JPKI
public import Logging
internal import PostgreSQL

extension DoctorCheck {
  /// The time-stamping authority: asked for a stamp of nothing in particular, which is not kept.
  ///
  /// - Parameter closing: called once the answer is there.
  public static func timeStamps(_ settings: TimeStampSettings, closing: @escaping @Sendable () async -> Void) -> DoctorCheck {
    DoctorCheck("timeStamps") {
      let findings = await stampFindings(settings)
      await closing()
      return findings
    }
  }

  private static func stampFindings(_ settings: TimeStampSettings) async -> [DoctorFinding] {
    do throws(TimeStampFault) {
      let stamp = try await settings.stamp(Array("yonjo doctor".utf8))
      let skew = abs(stamp.at.timeIntervalSinceNow)
      guard skew < 60 else {
        return [
          DoctorFinding(
            "timeStamps", .warning, "The authority's clock differs from ours by \(Int(skew)) seconds.",
            nextStep: "See which of them is wrong.")
        ]
      }
      return [DoctorFinding("timeStamps", .good, "The authority gives time stamps that verify.")]
    } catch {
      return [
        DoctorFinding(
          "timeStamps", error == .unreachable ? .down : .wrong, "The authority gives no time stamp that verifies (\(error.code)).",
          nextStep: "Check timeStamp.url, and whether timeStamp.trustFile holds the root of the authority.")
      ]
    }
  }

  /// What the jobs of the audit log did last.
  public static func auditLog(url: String, logger: Logger) -> DoctorCheck {
    DoctorCheck("auditLog") {
      let configuration = PostgreSQLConfiguration(
        url: url, maximumConnections: 1, maximumCheckedOut: 1, acquireTimeout: .seconds(5), statementTimeout: .seconds(5),
        applicationName: "yonjo doctor")
      let pool = PostgreSQLPool(configuration, logger: logger)
      let findings = await jobFindings(pool)
      await pool.close()
      return findings
    }
  }

  private static let jobStates = Statement("doctor_job_states", "select name, ran_at, problem from job_states order by name")

  private static func jobFindings(_ pool: PostgreSQLPool) async -> [DoctorFinding] {
    do throws(PostgreSQLError) {
      let rows = try await pool.query(jobStates).rows
      if rows.isEmpty {
        return [DoctorFinding("auditLog", .warning, "No job has kept the audit log yet.", nextStep: "It is kept while yonjo serve runs.")]
      }
      var findings: [DoctorFinding] = []
      for row in rows {
        let name = try row.text(0)
        let topic = ["auditLog", "timeStamps"].contains(name) ? "auditLog" : "jobs"
        if let problem = try row.optionalText(2) {
          findings.append(
            DoctorFinding(
              topic, .warning, "The last run of the job \(name) failed (\(problem)).",
              nextStep: problem == "dependencyUnavailable"
                ? "Run yonjo keys init; see whether the database was down."
                : name == "auditLog" ? "Run yonjo audit check." : "The log of yonjo serve says for which tenant."))
        } else if abs(try row.timestamp(1).timeIntervalSinceNow) > 3_600 {
          findings.append(
            DoctorFinding(
              topic, .warning, "The job \(name) has not run for more than an hour.", nextStep: "See whether yonjo serve runs."))
        }
      }
      return findings.isEmpty ? [DoctorFinding("auditLog", .good, "The audit log is kept up to date.")] : findings
    } catch {
      return [DoctorFinding("auditLog", .down, "What the jobs did last cannot be read.", nextStep: "See the database check.")]
    }
  }
}
