import CLibPQ
import Glibc

/// Wakes a thread that sleeps in `poll`.
final class WakeUp: Sendable {
  /// `-1` where the process has no descriptors left; then sleeps are short instead of woken.
  let descriptor: Int32

  init() { descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC)) }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func signal() { eventfd_write(descriptor, 1) }

  /// Takes back all signals so far.
  func drain() {
    var count: eventfd_t = 0
    eventfd_read(descriptor, &count)
  }

  /// Sleeps until signalled, or until the time has passed; negative means without limit.
  func wait(milliseconds: Int64) {
    var events = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    poll(&events, 1, Self.pollTimeout(milliseconds, descriptor))
    if events.revents != 0 { drain() }
  }

  /// Without an eventfd nothing can wake the sleeper, who must look up by himself.
  static func pollTimeout(_ milliseconds: Int64, _ descriptor: Int32) -> Int32 {
    let limit: Int64 = descriptor >= 0 ? 3_600_000 : 10
    return Int32(milliseconds < 0 ? (descriptor >= 0 ? -1 : limit) : min(milliseconds, limit))
  }
}
