internal import Crypto
internal import Foundation
internal import PostgreSQL
internal import Synchronization

/// A write that its caller may repeat (law 6): the client's key, what is asked, and the body that must be the same.
public struct RepeatableRequest: Sendable {
  /// The `Idempotency-Key` header: 1…255 visible ASCII characters.
  public let key: String
  /// Method and route, such as `POST /v1/notices`, with the ids of the path.
  public let operation: String
  /// The body as received; only its keyed fingerprint is kept.
  public let body: [UInt8]

  /// Refuses a key of a wrong length or with other characters.
  public init(key: String, operation: String, body: [UInt8]) throws(Refusal) {
    guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw Refusal(
        .invalid, "idempotencyKeyInvalid", "The Idempotency-Key must be 1 to 255 visible ASCII characters.",
        nextStep: "Send a fresh random key, such as a UUID, with each new write, and the same one when you repeat it.")
    }
    self.key = key
    self.operation = operation
    self.body = body
  }
}

/// The keyed digests of a repeatable request: what is stored in place of key and body.
struct RequestDigests: Sendable, Equatable {
  let key: [UInt8]
  let fingerprint: [UInt8]
}

/// Makes every write repeatable: same body, same answer; other body, 422; still in progress, 409 (law 6).
struct Idempotency: Sendable {
  /// How long an answer is kept, in seconds.
  static let lifetimeSeconds: TimeInterval = 24 * 60 * 60

  let database: Database
  let vault: KeyVault
  let clock: any WallClock
  let instance: InstanceLock

  /// A claim on a key for work of several transactions.
  struct Claim: Sendable {
    let caller: Caller
    let digests: RequestDigests
    let attempt: Int
    /// An earlier attempt died on the way: its work may be half done and is to be taken up.
    let isResumed: Bool
  }

  /// What a claim found.
  enum Standing<Answer: Sendable>: Sendable {
    case claimed(Claim)
    /// Answered before, at that time.
    case answered(Answer, at: Date)
  }

  /// Keyed digests of key and body, bound to the client.
  func digests(_ caller: Caller, _ request: RepeatableRequest) async throws(Refusal) -> RequestDigests {
    // The oldest live key: a rotation must not make yesterday's keys unknown.
    guard let secret = try await vault.platformKeys().fingerprint.last else { throw .unavailable("The key store") }
    var key = HMAC<SHA256>(key: secret)
    key.update(data: Array("key/\(caller.tenantID)/\(caller.clientID)/\(request.key)".utf8))
    var fingerprint = HMAC<SHA256>(key: secret)
    fingerprint.update(data: Array("body/\(request.operation)\n".utf8))
    fingerprint.update(data: request.body)
    return RequestDigests(key: Array(key.finalize()), fingerprint: Array(fingerprint.finalize()))
  }

  /// Work of one transaction: runs the body and stores its answer with it, or answers what an earlier request was answered.
  func once<Answer: Codable & Sendable>(
    _ caller: Caller, _ request: RepeatableRequest, _ body: (TenantTransaction) async throws -> Answer
  ) async throws -> Answer {
    let digests = try await digests(caller, request)
    return try await database.transaction(caller.tenantID) { transaction in
      if let (answer, _) = try await insertOrFind(caller, request, digests, in: transaction, as: Answer.self) { return answer }
      let answer = try await body(transaction)
      try await transaction.query(IdempotencyStore.finish, try finishParameters(caller, digests, attempt: 1, answer))
      return answer
    }
  }

  /// The first transaction of work with a network call in its middle. A claim left by a process that died is taken over.
  func claim<Answer: Codable & Sendable>(_ caller: Caller, _ request: RepeatableRequest, as type: Answer.Type) async throws -> Standing<
    Answer
  > {
    let digests = try await digests(caller, request)
    return try await database.transaction(caller.tenantID) { transaction in
      do {
        if let (answer, at) = try await insertOrFind(caller, request, digests, in: transaction, as: Answer.self) {
          return .answered(answer, at: at)
        }
        return .claimed(Claim(caller: caller, digests: digests, attempt: 1, isResumed: false))
      } catch let found as InProgress {
        // The holder's advisory lock falls with its process: only then may another take its place.
        guard found.instanceLock != instance.key,
          try await transaction.query(IdempotencyStore.tryInstance, [.int8(found.instanceLock)]).rows[0].bool(0)
        else { throw Self.inProgress }
        let taken = try await transaction.query(
          IdempotencyStore.takeOver,
          [
            .uuid(caller.tenantID.uuid), .text(caller.clientID), .bytes(digests.key), .int8(instance.key), .int8(found.instanceLock),
            .int4(Int32(found.attempt)),
          ])
        // Another repeat may have taken it over since it was found.
        guard taken.affectedRows == 1 else { throw Self.inProgress }
        return .claimed(Claim(caller: caller, digests: digests, attempt: found.attempt + 1, isResumed: true))
      }
    }
  }

  /// Stores the answer in the transaction that ends the work; refuses where another attempt has taken over.
  func finish(_ claim: Claim, _ answer: some Codable & Sendable, in transaction: TenantTransaction) async throws {
    let parameters = try finishParameters(claim.caller, claim.digests, attempt: claim.attempt, answer)
    guard try await transaction.query(IdempotencyStore.finish, parameters).affectedRows == 1 else { throw Self.inProgress }
  }

  /// Gives a key back after a refusal that changed nothing, so that a corrected or later repeat is not held up.
  func release(_ claim: Claim) async {
    _ = try? await database.query(
      claim.caller.tenantID, IdempotencyStore.release,
      [.uuid(claim.caller.tenantID.uuid), .text(claim.caller.clientID), .bytes(claim.digests.key), .int4(Int32(claim.attempt))])
  }

  private struct InProgress: Error {
    let instanceLock: Int64
    let attempt: Int
  }

  private static let inProgress = Refusal(
    .conflict, "requestInProgress", "A request with this Idempotency-Key is still being worked on.",
    nextStep: "Wait a moment and repeat it.")

  /// Nil where the key is new and now ours; else the stored answer.
  private func insertOrFind<Answer: Codable & Sendable>(
    _ caller: Caller, _ request: RepeatableRequest, _ digests: RequestDigests, in transaction: TenantTransaction, as type: Answer.Type
  ) async throws -> (Answer, Date)? {
    let now = clock.now()
    let results = try await transaction.pipeline([
      BoundStatement(
        IdempotencyStore.removeExpired, [.uuid(caller.tenantID.uuid), .text(caller.clientID), .bytes(digests.key), .timestamp(now)]),
      BoundStatement(
        IdempotencyStore.insert,
        [
          .uuid(caller.tenantID.uuid), .text(caller.clientID), .bytes(digests.key), .text(request.operation), .bytes(digests.fingerprint),
          .int8(instance.key), .timestamp(now), .timestamp(now.addingTimeInterval(Self.lifetimeSeconds)),
        ]),
      BoundStatement(IdempotencyStore.find, [.uuid(caller.tenantID.uuid), .text(caller.clientID), .bytes(digests.key)]),
    ])
    if results[1].affectedRows == 1 { return nil }
    guard let row = results[2].rows.first else { throw Self.inProgress }
    guard try row.bytes(0) == digests.fingerprint else {
      throw Refusal(
        .unprocessable, "idempotencyKeyReused", "This Idempotency-Key was used with another request.",
        nextStep: "Use a fresh key for each new write.")
    }
    guard try row.text(1) == "done", let answer = try row.optionalText(2) else {
      throw InProgress(instanceLock: try row.int8(3), attempt: try row.int(4))
    }
    return (try JSONDecoder().decode(Answer.self, from: Data(answer.utf8)), try row.timestamp(5))
  }

  private func finishParameters(_ caller: Caller, _ digests: RequestDigests, attempt: Int, _ answer: some Codable) throws -> [SQLValue] {
    [
      .uuid(caller.tenantID.uuid), .text(caller.clientID), .bytes(digests.key), .int4(Int32(attempt)),
      .json(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self)),
    ]
  }
}

/// SQL of idempotency keys.
enum IdempotencyStore {
  static let removeExpired = Statement(
    "remove_expired_idempotency_key",
    "delete from idempotency_keys where tenant_id = $1 and client_id = $2 and key_digest = $3 and expires_at <= $4")
  static let insert = Statement(
    "insert_idempotency_key",
    """
    insert into idempotency_keys (tenant_id, client_id, key_digest, operation, fingerprint, state, instance_lock, created_at, expires_at)
    values ($1, $2, $3, $4, $5, 'inProgress', $6, $7, $8) on conflict do nothing
    """)
  static let find = Statement(
    "find_idempotency_key",
    """
    select fingerprint, state, answer::text, instance_lock, attempt, created_at from idempotency_keys
    where tenant_id = $1 and client_id = $2 and key_digest = $3
    """)
  static let tryInstance = Statement("try_instance_lock", "select pg_try_advisory_xact_lock($1)")
  static let takeOver = Statement(
    "take_over_idempotency_key",
    """
    update idempotency_keys set instance_lock = $4, attempt = attempt + 1
    where tenant_id = $1 and client_id = $2 and key_digest = $3 and instance_lock = $5 and attempt = $6 and state = 'inProgress'
    """)
  static let finish = Statement(
    "finish_idempotency_key",
    """
    update idempotency_keys set state = 'done', answer = $5
    where tenant_id = $1 and client_id = $2 and key_digest = $3 and attempt = $4 and state = 'inProgress'
    """)
  static let release = Statement(
    "release_idempotency_key",
    "delete from idempotency_keys where tenant_id = $1 and client_id = $2 and key_digest = $3 and attempt = $4 and state = 'inProgress'")
  static let clean = Statement("clean_idempotency_keys", "delete from idempotency_keys where tenant_id = $1 and expires_at <= $2")
}
