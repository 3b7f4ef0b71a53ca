internal import Broker
public import Foundation
public import JLIS
public import JPKI

extension DoctorCheck {
  /// The root key file: there, well-formed, mode 0600.
  public static func rootKey(file path: String) -> DoctorCheck {
    DoctorCheck("rootKey") {
      do throws(RootKey.LoadError) {
        _ = try RootKey(file: path)
        return [DoctorFinding("rootKey", .good, "The root key file is readable, and by its owner alone.")]
      } catch {
        return [DoctorFinding("rootKey", .wrong, error.description, nextStep: "The sentence says what to do.")]
      }
    }
  }

  /// The trust anchors: there, of this environment, both kinds, in validity.
  public static func trust(
    directory: String, environment: TrustEnvironment, versions: Set<ProfileVersion> = [.rsa2048], now: @escaping @Sendable () -> Date
  ) -> DoctorCheck {
    DoctorCheck("trustAnchors") {
      do throws(TrustStoreError) {
        let store = try TrustStore.load(directory: directory, environment: environment, versions: versions)
        var findings: [DoctorFinding] = []
        for kind in CertificateKind.allCases {
          let valid = store.anchors.filter { $0.kind == kind && $0.notBefore <= now() && now() <= $0.notAfter }
          if valid.isEmpty {
            findings.append(
              DoctorFinding(
                "trustAnchors", .wrong, "No \(kind.rawValue) anchor is valid now.",
                nextStep: "Put J-LIS's current CA certificates into the directory."))
          } else if valid.allSatisfy({ $0.notAfter < now().addingTimeInterval(90 * 86_400) }) {
            findings.append(
              DoctorFinding(
                "trustAnchors", .warning, "The last \(kind.rawValue) anchor expires within 90 days.",
                nextStep: "Add J-LIS's next CA certificate."))
          }
        }
        return findings.isEmpty
          ? [DoctorFinding("trustAnchors", .good, "\(store.anchors.count) anchors of the \(environment.rawValue) environment.")] : findings
      } catch {
        return [DoctorFinding("trustAnchors", .wrong, "\(error)", nextStep: "Check YONJO_TRUST_DIRECTORY and YONJO_TRUST_ENVIRONMENT.")]
      }
    }
  }

  /// J-LIS: the API answers over mutual TLS. Asks for cancellations after nothing, which changes nothing.
  ///
  /// - Parameter closing: called once the answer is there.
  public static func jlis(_ service: any JLISService, closing: @escaping @Sendable () async -> Void) -> DoctorCheck {
    DoctorCheck("jlis") {
      let findings = await jlisFindings(service)
      await closing()
      return findings
    }
  }

  private static func jlisFindings(_ service: any JLISService) async -> [DoctorFinding] {
    do throws(JLISError) {
      _ = try await service.cancellations(serviceID: "doctor", after: nil)
      return [DoctorFinding("jlis", .good, "J-LIS answers over mutual TLS.")]
    } catch .refused(.notAuthorised) {
      return [DoctorFinding("jlis", .wrong, "J-LIS does not know our client certificate.", nextStep: "Check YONJO_JLIS_CERTIFICATE_FILE.")]
    } catch .refused {
      // It answered, and it knows us: only the service id was invented.
      return [DoctorFinding("jlis", .good, "J-LIS answers over mutual TLS.")]
    } catch {
      return [
        DoctorFinding(
          "jlis", .down, "J-LIS does not answer (\(error)).",
          nextStep: "Check YONJO_JLIS_URL, the client certificate and the trust file, and the line to J-LIS.")
      ]
    }
  }

  /// Whether something visibly keeps this machine's clock right. How far it is from the database's is part of the database check.
  public static func clock() -> DoctorCheck {
    DoctorCheck("clock") {
      let signs = ["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid", "/run/chronyd.pid", "/run/ntpd.pid", "/dev/ptp0"]
      guard signs.contains(where: { FileManager.default.fileExists(atPath: $0) }) else {
        return [
          DoctorFinding(
            "clock", .warning, "Nothing visibly synchronises this machine's clock.",
            nextStep: "Run chrony or systemd-timesyncd; sessions, tokens and OCSP answers live for minutes.")
        ]
      }
      return [DoctorFinding("clock", .good, "This machine's clock is synchronised.")]
    }
  }
}
