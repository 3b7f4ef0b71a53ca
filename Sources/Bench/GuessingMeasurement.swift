internal import CitizenItems

/// What guessing costs whoever has the keys: tags a second on one core.
public enum GuessingMeasurement {
  /// Tags a second under a key of scheme `hmac`, the canonical forms being at hand.
  public static func shared(seconds: Double) throws -> Double {
    let key = try EdgeKey.generate(version: 1)
    return rate(seconds, of: 1_000) { form in _ = EdgeTag.hmac(form, key: key) }
  }

  /// The same under the broker's secret of scheme `voprf`.
  public static func blinded(seconds: Double) throws -> Double {
    let key = try VOPRFKey.generate(version: 1)
    return rate(seconds, of: 10) { form in _ = try? key.tag(of: form) }
  }

  private static func rate(_ seconds: Double, of batch: Int, _ tag: ([UInt8]) -> Void) -> Double {
    var form = [UInt8](repeating: 0x30, count: 110)
    var made = 0
    let start = ContinuousClock.now
    var elapsed = 0.0
    while elapsed < seconds {
      for _ in 0..<batch {
        withUnsafeBytes(of: UInt64(made)) { form.replaceSubrange(0..<8, with: $0) }
        tag(form)
        made += 1
      }
      let passed = (ContinuousClock.now - start).components
      elapsed = Double(passed.seconds) + Double(passed.attoseconds) / 1e18
    }
    return Double(made) / elapsed
  }
}
