import CLibPQ

/// What libpq needs to ask the server, over a connection of its own, to cancel what a connection runs.
///
/// `@unchecked Sendable`: the handle is never written to after `PQgetCancel` made it; `PQcancel` is documented as safe from any thread; it is
/// freed when the last holder is done.
final class CancelHandle: @unchecked Sendable {
  private let pointer: OpaquePointer

  init?(_ connection: OpaquePointer) {
    guard let pointer = PQgetCancel(connection) else { return nil }
    self.pointer = pointer
  }

  deinit { PQfreeCancel(pointer) }

  /// Blocks until the server has passed the request on, or could not be reached. When it returns the signal is on its way to the backend, so what
  /// is sent to it from then on is not hit.
  func cancel() {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
      _ = PQcancel(pointer, message.baseAddress, Int32(message.count))
    }
  }
}
