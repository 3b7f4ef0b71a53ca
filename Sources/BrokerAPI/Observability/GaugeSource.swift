internal import CoreMetrics

/// A gauge whose value is looked up when `/metrics` is asked for, and at no other time.
public struct GaugeSource: Sendable {
  private let label: String
  private let dimensions: [(String, String)]
  private let value: @Sendable () -> Double

  /// - Parameters:
  ///   - label: its name, such as `yonjo_database_connections`.
  ///   - dimensions: its labels.
  ///   - value: looks it up; must not block.
  public init(_ label: String, dimensions: [(String, String)] = [], value: @escaping @Sendable () -> Double) {
    self.label = label
    self.dimensions = dimensions
    self.value = value
  }

  func update(_ registry: MetricsRegistry) { registry.makeMeter(label: label, dimensions: dimensions).set(value()) }
}
