import ArgumentParser
import Foundation
import JLISSimulator
import JOSE

/// Runs the command and turns what went wrong into the exit codes that all our programs share.
@main
enum Main {
  static func main() async {
    do {
      var command = try JLISSimulatorCommand.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as SimulatorRefusal {
      fail(error.description, 1)
    } catch CardRefusal.tooLong {
      fail("The card signs at most 245 bytes.", 1)
    } catch is CardRefusal {
      fail("The card's key cannot be used.", 1)
    } catch let error as JOSEError {
      fail("No envelope can be made: \(error).", 1)
    } catch let error as StateError {
      fail(error.description, 3)
    } catch let error as BrokerKeysError {
      fail(error.description, 3)
    } catch {
      let message = JLISSimulatorCommand.fullMessage(for: error)
      switch JLISSimulatorCommand.exitCode(for: error) {
      case .success:
        print(message)
        exit(0)
      case .validationFailure: fail(message, 2)
      default: fail(message, 3)
      }
    }
  }

  private static func fail(_ message: String, _ code: Int32) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(code)
  }
}
