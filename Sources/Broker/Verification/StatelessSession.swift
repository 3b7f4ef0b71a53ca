internal import Crypto
internal import Foundation
internal import JOSE

/// A session of a login or a match: nothing is stored until it is answered. The id carries what is needed, authenticated by a platform key.
struct StatelessSession: Sendable {
  /// How long a person may take, in seconds.
  static let lifetimeSeconds: TimeInterval = 300

  let uuid: UUID
  let purpose: ToBeSigned.Purpose
  let origin: String
  let subjectID: SubjectID?
  let expiresAt: Date
  let nonce: [UInt8]
  /// The written form: prefix, underscore, base64url of the fields and a MAC.
  let id: String

  private static let macLength = 16

  /// How long after its end an answered session can still be repeated, in seconds (law 6).
  static let repeatGraceSeconds: TimeInterval = 600

  /// Whether the time to sign is over: then only the repeat of an earlier answer is taken.
  func isOver(at now: Date) -> Bool { now >= expiresAt }

  static func prefix(_ purpose: ToBeSigned.Purpose) -> String { purpose == .match ? "mch_" : "lgn_" }

  /// A fresh session.
  static func make(
    _ purpose: ToBeSigned.Purpose, caller: Caller, origin: String, subjectID: SubjectID?, uuid: UUID, at now: Date, keys: PlatformKeys
  ) throws(Refusal) -> StatelessSession {
    guard let key = keys.session.first else { throw .unavailable("The key store") }
    let expiresAt = now.addingTimeInterval(lifetimeSeconds)
    var payload = uuid.bytes
    let milliseconds = UInt64(expiresAt.timeIntervalSince1970 * 1000)
    payload.append(contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: milliseconds >> UInt64(56 - 8 * $0)) })
    payload.append(contentsOf: subjectID?.uuid.bytes ?? [UInt8](repeating: 0, count: 16))
    payload.append(contentsOf: origin.utf8)
    let mac = authenticate(payload, purpose, caller.tenantID, key)
    return StatelessSession(
      uuid: uuid, purpose: purpose, origin: origin, subjectID: subjectID, expiresAt: expiresAt, nonce: nonce(payload, key),
      id: prefix(purpose) + Base64URL.encode(payload + mac))
  }

  /// Reads and authenticates an id. Another tenant's, another purpose's and an invented id are all "no such session"; a late one is `sessionExpired`.
  static func read(_ id: String, _ purpose: ToBeSigned.Purpose, caller: Caller, at now: Date, keys: PlatformKeys) throws(Refusal)
    -> StatelessSession
  {
    let prefix = prefix(purpose)
    guard id.utf8.count <= 1024, id.hasPrefix(prefix), let bytes = Base64URL.decode(String(id.dropFirst(prefix.count))),
      bytes.count > 40 + macLength
    else {
      throw .notFound("session")
    }
    let payload = Array(bytes.dropLast(macLength))
    let mac = Array(bytes.suffix(macLength))
    guard let key = keys.session.first(where: { constantTimeEqual(authenticate(payload, purpose, caller.tenantID, $0), mac) }),
      let uuid = UUID(bytes: payload[0..<16]), let subject = UUID(bytes: payload[24..<40])
    else { throw .notFound("session") }
    let milliseconds = payload[16..<24].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let expiresAt = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    guard now < expiresAt.addingTimeInterval(repeatGraceSeconds) else { throw expired }
    return StatelessSession(
      uuid: uuid, purpose: purpose, origin: String(decoding: payload[40...], as: UTF8.self),
      subjectID: subject.bytes.allSatisfy { $0 == 0 } ? nil : SubjectID(subject), expiresAt: expiresAt, nonce: nonce(payload, key), id: id)
  }

  /// The time to answer has passed.
  static let expired = Refusal(
    .unprocessable, "sessionExpired", "The time to sign has passed.",
    nextStep: "Start anew: a session lives for minutes, so that a signature is fresh.")

  func toBeSigned(_ tenantID: TenantID) -> [UInt8] {
    ToBeSigned(purpose: purpose, tenantID: tenantID, sessionID: id, origin: origin, nonce: nonce).bytes
  }

  private static func authenticate(_ payload: [UInt8], _ purpose: ToBeSigned.Purpose, _ tenantID: TenantID, _ key: SymmetricKey) -> [UInt8]
  {
    var mac = HMAC<SHA256>(key: key)
    mac.update(data: Array("yonjo-session/1/\(purpose.rawValue)/\(tenantID)/".utf8))
    mac.update(data: payload)
    return Array(mac.finalize().prefix(macLength))
  }

  private static func nonce(_ payload: [UInt8], _ key: SymmetricKey) -> [UInt8] {
    var mac = HMAC<SHA256>(key: key)
    mac.update(data: Array("yonjo-nonce/1/".utf8))
    mac.update(data: payload)
    return Array(mac.finalize())
  }

  private static func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
