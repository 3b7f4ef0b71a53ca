import Foundation
import Testing

@testable import Broker
@testable import BrokerAPI

@Suite struct TagBatchTests {
  private struct Plain: Encodable {
    let results: [TagLookUpResultForVerifier]
  }

  @Test(arguments: [[], [false], [true], [false, true, false, false, true]]) func aBatchIsEncodedAsItsResultsAre(_ known: [Bool]) throws {
    let answers = known.map { TagAnswer(isKnown: $0, pair: nil) }
    let plain = try AnswerEncoder.encode(Plain(results: answers.map(TagLookUpResultForVerifier.init)))
    #expect(try TagBatchResult.encode(answers, as: TagLookUpResultForVerifier.init) == plain)
  }
}
