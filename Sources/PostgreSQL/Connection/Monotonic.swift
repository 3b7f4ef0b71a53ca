import Glibc

/// Nanoseconds that never go back, for deadlines inside this room. The broker's time of day is injected; how long a socket may be silent is not
/// part of any rule.
enum Monotonic {
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

extension Duration {
  /// Whole nanoseconds, at most some 292 years.
  var nanoseconds: Int64 {
    let (product, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return .max / 4 }
    let sum = product.addingReportingOverflow(components.attoseconds / 1_000_000_000)
    return sum.overflow ? .max / 4 : min(sum.partialValue, .max / 4)
  }

  /// Whole milliseconds.
  var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
