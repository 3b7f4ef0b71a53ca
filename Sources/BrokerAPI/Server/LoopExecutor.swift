import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// Runs tasks on one event loop, so that a request is decoded, worked on and answered on the thread that read it: each hop saved is worth more
/// than any of the work between them. What takes longer than a millisecond goes to the work pool anyway.
final class LoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// A child channel whose connections are handled on their own event loop.
struct LoopBoundChannel<Base: ServerChildChannel>: ServerChildChannel {
  typealias Value = Base.Value

  let base: Base
  /// Nil leaves the work to the shared pool of threads.
  let executors: LoopExecutors?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    let value = base.setup(channel: channel, logger: logger)
    let pipeline = channel.pipeline.syncOperations
    guard let tls = try? pipeline.handler(type: NIOSSLServerHandler.self) else { return value }
    do {
      try pipeline.addHandler(CloseAfterFlush(), position: .after(tls))
      return value
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  func handle(value: Value, logger: Logger) async {
    let executor = executors?.executor(of: value.channel.eventLoop)
    await withTaskExecutorPreference(executor) { await base.handle(value: value, logger: logger) }
  }
}

/// One executor a loop, kept for as long as the server lives.
final class LoopExecutors: Sendable {
  private let known = Mutex<[ObjectIdentifier: LoopExecutor]>([:])

  func executor(of loop: any EventLoop) -> LoopExecutor {
    known.withLock { known in
      if let executor = known[ObjectIdentifier(loop)] { return executor }
      let executor = LoopExecutor(loop)
      known[ObjectIdentifier(loop)] = executor
      return executor
    }
  }
}
