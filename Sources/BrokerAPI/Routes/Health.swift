import HTTPTypes
import Hummingbird
import NIOCore

/// `/livez`, `/readyz`, `/metrics`.
struct HealthRoutes {
  let checks: [HealthCheck]
  let metrics: MetricsRegistry
  /// Values that are looked up when the page is asked for.
  let gauges: [GaugeSource]

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/livez") { _, _ in try Response.json(Liveness()) }
    router.get("/readyz") { _, _ in try await readiness() }
    router.get("/metrics") { _, _ in page() }
  }

  private func readiness() async throws -> Response {
    let states = await withTaskGroup(of: (Int, DependencyState).self) { group in
      for (index, check) in checks.enumerated() {
        group.addTask {
          let finding = await Self.withinOneSecond(check.check) ?? HealthCheck.Finding(.down, detail: "no answer within a second")
          return (index, DependencyState(name: check.name, state: finding.state, detail: finding.detail))
        }
      }
      var states: [(Int, DependencyState)] = []
      for await state in group { states.append(state) }
      return states.sorted { $0.0 < $1.0 }.map(\.1)
    }
    let isReady = !states.contains { $0.state == .down }
    return try Response.json(
      Readiness(status: isReady ? "ready" : "notReady", dependencies: states), status: isReady ? .ok : .serviceUnavailable)
  }

  private static func withinOneSecond(_ check: @escaping @Sendable () async -> HealthCheck.Finding) async -> HealthCheck.Finding? {
    await withTaskGroup(of: HealthCheck.Finding?.self) { group in
      group.addTask { await check() }
      group.addTask {
        try? await Task.sleep(for: .seconds(1))
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
  }

  private func page() -> Response {
    for gauge in gauges { gauge.update(metrics) }
    return Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.prometheusText())))
  }
}

/// The process answers.
struct Liveness: Encodable {
  let status = "alive"
}

/// Whether requests can be served, and what they depend on.
struct Readiness: Encodable {
  let status: String
  let dependencies: [DependencyState]
}

/// One dependency.
struct DependencyState: Encodable {
  let name: String
  let state: HealthCheck.State
  let detail: String?
}
