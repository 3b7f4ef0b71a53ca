import ArgumentParser
import Foundation
import Story

/// Tells the story against a running broker and simulator; exits 1 where something is not as told.
@main
struct StoryProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "yonjo-story",
    abstract: "Walks a citizen's story through a running broker over HTTPS and checks every answer.",
    discussion: """
      Deploy/quickstart starts everything that the story needs and writes the cast file.
      Exit codes: 0 told to its end, 1 something is not as told, 2 bad use, 3 the broker or the simulator does not answer.
      """)

  @Option(help: "The cast file: where the broker is, and who plays.")
  var cast: String

  @Option(help: "Write all answers to this file, one JSON object a line, for the contract tests.")
  var recordAnswers: String?

  @Flag(help: "Only the headings and what was confirmed.")
  var brief = false

  @Flag(help: "No colours, even on a terminal.")
  var plain = false

  func run() async throws {
    let players: StoryCast
    do {
      players = try StoryCastFile(contentsOf: cast).open()
    } catch { throw ended("The cast cannot be called: \(error)", 2) }
    let environment = ProcessInfo.processInfo.environment
    let colours = !plain && isatty(STDOUT_FILENO) == 1 && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
    let printer = StoryPrinter(colours: colours, brief: brief) { Self.say($0) }
    let recorder = StoryRecorder()
    let outcome: ExitCode?
    do {
      try await StoryBook.tell(on: Stage(cast: players, listeners: [printer, recorder]))
      outcome = nil
    } catch let failure as StoryFailure {
      outcome = ended("Not as told. \(failure)", 1)
    } catch {
      outcome = ended("The broker or the simulator does not answer: \(error)", 3)
    }
    await players.close()
    try keep(recorder)
    if let outcome { throw outcome }
    Self.say("\nTold to its end: \(StoryBook.steps.count) steps, \(recorder.exchanges.count) requests.")
  }

  /// At once, whoever reads at the other end.
  private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

  private func keep(_ recorder: StoryRecorder) throws {
    guard let recordAnswers else { return }
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
    guard
      FileManager.default.createFile(atPath: recordAnswers, contents: Data(try recorder.newlineDelimitedAnswers()), attributes: attributes)
    else {
      throw ended("Cannot write \(recordAnswers)", 2)
    }
  }

  private func ended(_ sentence: String, _ code: Int32) -> ExitCode {
    FileHandle.standardError.write(Data((sentence + "\n").utf8))
    return ExitCode(code)
  }
}
