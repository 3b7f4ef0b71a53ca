/// Why a request body is not what it should be: where, and what is wrong. Never the value itself.
package struct JSONFault: Error, Equatable {
  /// JSON pointer (RFC 6901) of the member at fault; empty for the whole body.
  package var pointer: String
  /// What is wrong, as the rest of a sentence that begins with the member.
  package var detail: String

  /// What is wrong at a place.
  package init(pointer: String, detail: String) {
    self.pointer = pointer
    self.detail = detail
  }
}

/// All that is wrong with one body; never empty.
package struct JSONFaults: Error, Equatable {
  /// In the order in which they were found.
  package var faults: [JSONFault]

  /// Several faults; at least one.
  package init(_ faults: [JSONFault]) { self.faults = faults }

  /// One fault.
  package init(_ pointer: String, _ detail: String) { faults = [JSONFault(pointer: pointer, detail: detail)] }
}

/// A place in a body, kept as a chain so that nothing is written out until something is wrong.
package final class JSONPath: Sendable {
  private let parent: JSONPath?
  private let step: Step

  private enum Step: Sendable {
    case root
    case member(String)
    case element(Int)
  }

  /// The whole body.
  package static let root = JSONPath(nil, .root)

  private init(_ parent: JSONPath?, _ step: Step) {
    self.parent = parent
    self.step = step
  }

  /// A member of the object at this place.
  package func member(_ name: String) -> JSONPath { JSONPath(self, .member(name)) }

  /// An element of the array at this place, from 0.
  package func element(_ index: Int) -> JSONPath { JSONPath(self, .element(index)) }

  /// RFC 6901: `~` and `/` in names are escaped; a name is cut at 64 characters, since it is the caller's text.
  package var pointer: String {
    switch step {
    case .root: ""
    case .member(let name): (parent?.pointer ?? "") + "/" + Self.escaped(name)
    case .element(let index): (parent?.pointer ?? "") + "/" + String(index)
    }
  }

  private static func escaped(_ name: String) -> String {
    var text = ""
    for character in name.prefix(64) {
      switch character {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.append(character)
      }
    }
    return text
  }
}
