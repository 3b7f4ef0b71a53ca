public import Foundation

/// What a run of migrations did.
public struct MigrationReport: Sendable, Equatable {
  /// The names of the files applied in this run, in order.
  public let applied: [String]
  /// How many had been applied before.
  public let before: Int
  /// The number of the newest migration; 0 for an empty schema.
  public let version: Int

  /// Says what was done.
  public init(applied: [String], before: Int, version: Int) {
    self.applied = applied
    self.before = before
    self.version = version
  }
}

/// One migration, as directory and database know it.
public struct MigrationStatus: Sendable, Equatable {
  /// What is known of it.
  public enum State: Sendable, Equatable {
    /// In both.
    case applied(at: Date)
    /// In the directory only.
    case pending
    /// In both, but not the same.
    case changed(at: Date)
    /// In the database only: the schema is newer than the program.
    case unknown(at: Date)
  }

  /// The number in its name.
  public let number: Int
  /// The file's name.
  public let name: String
  /// What is known of it.
  public let state: State

  /// Says what is known.
  public init(number: Int, name: String, state: State) {
    self.number = number
    self.name = name
    self.state = state
  }
}
