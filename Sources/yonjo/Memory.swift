import Glibc

/// What this process took.
enum Memory {
  /// The largest resident set so far, in bytes.
  static var peakBytes: Int {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    // Linux counts kibibytes.
    return usage.ru_maxrss << 10
  }
}
