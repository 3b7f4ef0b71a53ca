import Glibc

/// A statement prepared on one connection for parameters of certain types. Belongs to that connection's thread.
final class PreparedVariant {
  let statement: StatementEntry
  let types: [UInt32]
  /// The name on the server, for libpq.
  let serverName: UnsafeMutablePointer<CChar>

  /// The number makes names distinct, the statement's own name makes them readable in the server's log. Of longer names the server would only
  /// compare the first 63 bytes.
  init(statement: StatementEntry, types: [UInt32], number: Int) {
    self.statement = statement
    self.types = types
    serverName = strdup(String("y\(number)_\(statement.name)".utf8.prefix(60)) ?? "y\(number)")
  }

  deinit { free(serverName) }

  /// Whether values of these types can be bound: null goes anywhere, any other value only where its own type was declared.
  func accepts(_ parameters: [SQLValue]) -> Bool {
    guard parameters.count == types.count else { return false }
    for index in types.indices {
      let type = parameters[index].typeOID
      if type != TypeOID.unspecified, type != types[index] { return false }
    }
    return true
  }
}
