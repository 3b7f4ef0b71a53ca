/// Why the virtual card made no signature.
public enum CardRefusal: Error, Sendable, Equatable {
  /// More than 245 bytes do not fit into a 2048-bit block.
  case tooLong
  /// The key does not compute.
  case keyUnusable
}
