internal import CoreMetrics

/// A gauge whose value is looked up when `/metrics` is asked for, and at no other time.
public struct GaugeSource: Sendable {
  private let label: String
  private let value: @Sendable () -> Double

  /// - Parameters:
  ///   - label: its name, such as `yonjo_database_connections`.
  ///   - value: looks it up; must not block.
  public init(_ label: String, value: @escaping @Sendable () -> Double) {
    self.label = label
    self.value = value
  }

  func update(_ registry: MetricsRegistry) { registry.makeMeter(label: label, dimensions: []).set(value()) }
}
