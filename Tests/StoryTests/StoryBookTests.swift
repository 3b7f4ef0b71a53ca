import JOSE
import Testing

@testable import Story

@Suite struct StoryBookTests {
  @Test func `every step has a name of its own, because idempotency keys hold it`() {
    #expect(Set(StoryBook.steps.map(\.name)).count == StoryBook.steps.count)
  }

  @Test func `names and journey ids make keys that the contract allows`() {
    for step in StoryBook.steps {
      let key = "\(Journey().id)-\(step.name)-99"
      #expect(key.utf8.count <= 128)
      #expect(key.utf8.allSatisfy { (0x21...0x7E).contains($0) })
    }
  }

  @Test func `two tellings share no reference`() {
    #expect(Journey().hanakoReference != Journey().hanakoReference)
  }

  @Test func `a step that fails leaves the journey as it was`() async throws {
    struct Interruption: Error {}
    let step = StoryStep("half", "Half a step") { journey, _ in
      journey.hanako.citizenID = "citizen-1"
      throw Interruption()
    }
    var journey = Journey(id: "j")
    await #expect(throws: Interruption.self) { try await step.play(&journey, on: try emptyStage()) }
    #expect(journey.hanako.citizenID == nil)
  }

  @Test func `writes of a step have the same keys at every play`() throws {
    let stage = try emptyStage()
    let first = Scene(step: "s", journeyID: "j", stage: stage)
    let second = Scene(step: "s", journeyID: "j", stage: stage)
    #expect([first.nextKey(), first.nextKey()] == ["j-s-1", "j-s-2"])
    #expect([second.nextKey(), second.nextKey()] == ["j-s-1", "j-s-2"])
  }

  @Test func `what was made once is remembered by the stage`() async throws {
    let stage = try emptyStage()
    let first = try await stage.remember("body") { "one" }
    let second = try await stage.remember("body") { "two" }
    #expect(first == "one" && second == "one")
  }

  @Test func `an unmet expectation names step, expectation and finding`() async throws {
    let scene = Scene(step: "seal", journeyID: "j", stage: try emptyStage())
    let failure = await #expect(throws: StoryFailure.self) { try await scene.expect("matched", false, ["matched": false]) }
    #expect(failure?.description == #"seal: expected matched; found { "matched": false }"#)
  }
}

/// A stage on which nobody can send anything.
func emptyStage(_ listeners: [any StoryListener] = []) throws -> Stage {
  Stage(
    cast: StoryCast(
      tenants: [:], connections: [:], ledgerKey: .agreement(.generate()), simulator: try TestSimulator.make()), listeners: listeners)
}
