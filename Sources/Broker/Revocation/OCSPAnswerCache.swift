internal import Crypto
internal import Foundation
internal import JPKI
internal import Synchronization

/// Answers of responders, kept until their nextUpdate and no longer; those without one are not kept at all (lessons 6).
///
/// An answer is kept for the tenant that asked, so that nobody learns from the speed of an answer whose card was shown elsewhere. Keys are keyed
/// digests under a key of this process: no serial stands here in clear (law 2), and a memory image reverses none.
final class OCSPAnswerCache: Sendable {
  private typealias Key = [UInt8]

  private struct State {
    var answers: [Key: OCSPWord] = [:]
    /// Keys in the order in which they came; those before `first` are gone.
    var order: [Key] = []
    var first = 0
  }

  private let limit: Int
  private let secret = SymmetricKey(size: .bits256)
  private let state = Mutex(State())

  /// - Parameter limit: so many answers at most, about 2 KB each; 0 keeps none. Beyond it the oldest goes.
  init(limit: Int) { self.limit = max(limit, 0) }

  /// What is known of that certificate and stands now.
  func find(_ serial: Serial, issuer: TrustAnchor, tenant: TenantID, at: Date) -> OCSPWord? {
    guard limit > 0 else { return nil }
    let key = key(serial, issuer, tenant)
    guard let found = state.withLock({ $0.answers[key] }) else { return nil }
    // A clock that was set back does not bring an answer to life before its time.
    guard let thisUpdate = found.decision.thisUpdate, let nextUpdate = found.decision.nextUpdate,
      thisUpdate.addingTimeInterval(-OCSPTolerance.widestClockSkew) <= at, at < nextUpdate
    else { return nil }
    return found
  }

  /// Keeps the answer if it may be kept: it says good or revoked, and until when.
  func keep(_ answer: OCSPWord, about serial: Serial, issuer: TrustAnchor, tenant: TenantID, at: Date) {
    guard limit > 0 else { return }
    if case .unknown = answer.decision.status { return }
    guard let nextUpdate = answer.decision.nextUpdate, at < nextUpdate else { return }
    let key = key(serial, issuer, tenant)
    state.withLock { state in
      if state.answers.updateValue(answer, forKey: key) == nil { state.order.append(key) }
      while state.answers.count > limit {
        state.answers[state.order[state.first]] = nil
        state.first += 1
      }
      if state.first > limit {
        state.order.removeFirst(state.first)
        state.first = 0
      }
    }
  }

  /// How many answers are kept.
  var count: Int { state.withLock { $0.answers.count } }

  private func key(_ serial: Serial, _ issuer: TrustAnchor, _ tenant: TenantID) -> Key {
    var mac = HMAC<SHA256>(key: secret)
    mac.update(data: tenant.uuid.bytes)
    mac.update(data: issuer.fingerprint)
    mac.update(data: serial.bytes)
    return Array(mac.finalize())
  }
}
