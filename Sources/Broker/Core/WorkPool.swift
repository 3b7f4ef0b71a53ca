internal import NIOPosix

/// A bounded pool of threads for work over a millisecond or that blocks (OpenSSL, files): never on an event loop or the cooperative pool.
public final class WorkPool: Sendable {
  private let pool: NIOThreadPool

  /// - Parameter threads: how many run at once; the rest waits in line.
  public init(threads: Int) {
    pool = NIOThreadPool(numberOfThreads: max(1, threads))
    pool.start()
  }

  /// Runs the work on a thread of the pool. Throws what the work throws, or a cancellation once the pool has stopped.
  public func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await pool.runIfActive(work)
  }

  /// Stops the threads; work in line fails.
  public func stop() async throws { try await pool.shutdownGracefully() }
}
