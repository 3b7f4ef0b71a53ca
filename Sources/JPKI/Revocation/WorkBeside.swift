internal import Dispatch

/// One piece of work at a time beside the caller's thread, so that processor and disk are busy together.
final class WorkBeside: Sendable {
  private let queue = DispatchQueue(label: "yonjo.revocation-index")
  private let free = DispatchSemaphore(value: 1)

  /// Waits until the piece before is done, then starts this one.
  func begin(_ work: @escaping @Sendable () -> Void) {
    free.wait()
    queue.async { [free] in
      work()
      free.signal()
    }
  }

  /// Waits until nothing is under way. What the work wrote is visible from here on.
  func wait() {
    free.wait()
    free.signal()
  }
}
