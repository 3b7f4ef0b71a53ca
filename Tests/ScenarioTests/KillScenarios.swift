import Story
import TestSupport
import Testing

/// `kill -9` of the broker at every write of the story: the step is played again under the same keys, and at the end nothing is there twice.
@Suite struct KillScenarios {
  @Test(arguments: [
    Reaper.Moment.before, .after, .during([0.15, 0.55, 0.95]), .during([0.75, 0.35]),
  ])
  func `the end state is that of an uninterrupted telling`(moment: Reaper.Moment) async throws {
    let told = try await ToldHouse.shared
    try await Houses.with { house in
      let reaper = Reaper(house: house, moment: moment, uninterrupted: told.recorder.exchanges)
      _ = try await StoryBook.tell(in: house, despite: reaper)
      let writes = Set(told.recorder.exchanges.compactMap(\.request.idempotencyKey)).count
      #expect(reaper.strikes == writes)
      let census = try await Census(of: house, simulator: Houses.simulator(house.simulatorState))
      #expect(census.differences(from: told.census) == [])
    }
  }
}
