import BrokerClient
import Foundation
import JOSE
import Story
import Synchronization
import TestSupport

/// Kills the broker once for every write of the story.
final class Reaper: StoryListener {
  /// When it strikes.
  enum Moment: Sendable, CustomStringConvertible {
    /// Before the request leaves.
    case before
    /// When the answer has come.
    case after
    /// While the broker works on it: at that part of the time that the same request takes uninterrupted, another part for each write in turn.
    case during([Double])

    var description: String {
      switch self {
      case .before: "just before"
      case .after: "just after"
      case .during(let parts): "after \(parts) of its time"
      }
    }
  }

  /// Ends the play of a step; it is to be played again.
  enum Interruption: Error { case killed, busy }

  private struct State {
    var struck: Set<String> = []
    var strike: Task<Void, Never>?
  }

  private let house: House
  private let moment: Moment
  private let durations: [String: Duration]
  private let state = Mutex(State())

  /// - Parameter uninterrupted: tells how long each request takes.
  init(house: House, moment: Moment, uninterrupted: [StoryExchange]) {
    self.house = house
    self.moment = moment
    durations = Dictionary(uninterrupted.map { (Self.name(of: $0.request), $0.duration) }) { first, _ in first }
  }

  /// How many writes it has struck.
  var strikes: Int { state.withLock { $0.struck.count } }

  func sends(_ request: StoryRequest) async throws {
    guard request.idempotencyKey != nil, let number = firstTime(request) else { return }
    switch moment {
    case .before:
      await house.killBroker()
      throw Interruption.killed
    case .during(let parts):
      let delay = (durations[Self.name(of: request)] ?? .milliseconds(10)) * parts[number % parts.count]
      let house = house
      let strike = Task {
        try? await Task.sleep(for: delay, tolerance: .zero)
        await house.killBroker()
      }
      state.withLock { $0.strike = strike }
    case .after: state.withLock { $0.strike = Task {} }
    }
  }

  func receives(_ exchange: StoryExchange) async throws {
    if let strike = state.withLock({ $0.strike }) {
      await strike.value
      if case .after = moment { await house.killBroker() }
      throw Interruption.killed
    }
    // The dead broker's work is still being given up by PostgreSQL: what a client is told to repeat.
    let code = (try? JSONValue(parsing: exchange.body))?["code"]?.string
    if exchange.status == 503 || code == "requestInProgress" { throw Interruption.busy }
  }

  /// Starts the broker again where it was struck. To be called when a step was interrupted.
  /// - Returns: whether there was a strike.
  func recover() async throws -> Bool {
    let strike = state.withLock { state in
      defer { state.strike = nil }
      return state.strike
    }
    await strike?.value
    guard house.broker?.isRunning != true else { return false }
    try await house.startBroker()
    return true
  }

  /// The write's number where it was not struck yet.
  private func firstTime(_ request: StoryRequest) -> Int? {
    state.withLock { $0.struck.insert(Self.name(of: request)).inserted ? $0.struck.count - 1 : nil }
  }

  /// The same in every telling of the same journey. The key of a ledger change is made beside the ledger and differs.
  private static func name(of request: StoryRequest) -> String {
    request.path == "/v1/ledger-changes" ? request.step + request.path : request.idempotencyKey ?? request.path
  }
}

extension StoryBook {
  /// Tells the story while the reaper kills the broker, playing each interrupted step again.
  static func tell(in house: House, despite reaper: Reaper) async throws -> Journey {
    let cast = try house.cast(attempts: 1)
    let stage = Stage(cast: cast, listeners: [reaper])
    var journey = Journey(id: ToldHouse.journeyID)
    for step in steps {
      var patience = 100
      while true {
        do {
          try await step.play(&journey, on: stage)
          break
        } catch {
          if try await reaper.recover() { continue }
          let isOutage = (error as? BrokerClientError)?.isOutage ?? (error is Reaper.Interruption)
          guard isOutage, patience > 0 else {
            throw HouseFailure("\(error)", log: house.brokerLines.split(separator: "\n").suffix(15).joined(separator: "\n"))
          }
          patience -= 1
          try await Task.sleep(for: .milliseconds(50))
        }
      }
    }
    await cast.close()
    return journey
  }
}
