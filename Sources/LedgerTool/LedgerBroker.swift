public import BrokerClient
internal import Foundation
internal import JOSE

/// What the ledger program needs of the broker.
public protocol LedgerBroker: Sendable {
  /// `GET /v1/tag-keys`
  func tagKeys() async throws(BrokerClientError) -> BrokerAnswer
  /// `POST /v1/ledger-changes` with the lines of a file.
  func pushLedgerChanges(file: String, idempotencyKey: String) async throws(BrokerClientError) -> BrokerAnswer
  /// The same, told how many bytes have been handed to the network.
  func pushLedgerChanges(file: String, idempotencyKey: String, sent: @escaping @Sendable (Int) -> Void) async throws(BrokerClientError)
    -> BrokerAnswer
  /// `GET /v1/ledger-changes/{jobId}`
  func ledgerChangeJob(_ id: String) async throws(BrokerClientError) -> BrokerAnswer
  /// `POST /v1/voprf/evaluations` with at most a hundred elements.
  func evaluate(keyVersion: Int, blinded: [[UInt8]]) async throws(BrokerClientError) -> BrokerAnswer
}

extension LedgerBroker {
  /// A broker that cannot tell how far it is.
  public func pushLedgerChanges(file: String, idempotencyKey: String, sent: @escaping @Sendable (Int) -> Void)
    async throws(BrokerClientError) -> BrokerAnswer
  {
    try await pushLedgerChanges(file: file, idempotencyKey: idempotencyKey)
  }
}

extension BrokerConnection: LedgerBroker {
  /// `GET /v1/tag-keys`
  public func tagKeys() async throws(BrokerClientError) -> BrokerAnswer { try await get("/v1/tag-keys") }

  /// Streams the file; a fresh stream for every attempt.
  public func pushLedgerChanges(file: String, idempotencyKey: String) async throws(BrokerClientError) -> BrokerAnswer {
    try await pushLedgerChanges(file: file, idempotencyKey: idempotencyKey) { _ in }
  }

  /// The same; after a lost connection it is told from the beginning.
  public func pushLedgerChanges(file: String, idempotencyKey: String, sent: @escaping @Sendable (Int) -> Void)
    async throws(BrokerClientError) -> BrokerAnswer
  {
    try await upload("/v1/ledger-changes", contentType: "application/x-ndjson", idempotencyKey: idempotencyKey) {
      FilePieces(path: file, sent: sent)
    }
  }

  /// `POST /v1/voprf/evaluations`; it changes nothing, and so is sent again after a lost connection.
  public func evaluate(keyVersion: Int, blinded: [[UInt8]]) async throws(BrokerClientError) -> BrokerAnswer {
    try await post(
      "/v1/voprf/evaluations",
      ["keyVersion": .integer(Int64(keyVersion)), "blinded": .array(blinded.map { .string(Base64URL.encode($0)) })],
      idempotencyKey: UUID().uuidString)
  }

  /// `GET /v1/ledger-changes/{jobId}`
  public func ledgerChangeJob(_ id: String) async throws(BrokerClientError) -> BrokerAnswer { try await get("/v1/ledger-changes/\(id)") }
}

/// A file in pieces, each read when the one before it has been sent.
struct FilePieces: AsyncSequence, Sendable {
  typealias Element = [UInt8]
  let path: String
  let sent: @Sendable (Int) -> Void

  func makeAsyncIterator() -> Iterator { Iterator(handle: FileHandle(forReadingAtPath: path), sent: sent) }

  struct Iterator: AsyncIteratorProtocol {
    let handle: FileHandle?
    let sent: @Sendable (Int) -> Void
    var position = 0

    mutating func next() async throws -> [UInt8]? {
      guard let handle else { throw UploadUnreadable() }
      let piece: Data?
      do { piece = try handle.read(upToCount: InputFile.pieceLength) } catch { throw UploadUnreadable() }
      guard let piece, !piece.isEmpty else {
        try? handle.close()
        return nil
      }
      position += piece.count
      sent(position)
      return Array(piece)
    }
  }
}
