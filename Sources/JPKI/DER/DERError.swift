/// Why bytes are not the DER that was expected. Only its place in a refusal matters to callers: each maps it to one reason.
enum DERError: Error, Sendable, Hashable {
  case truncated
  case trailingBytes
  case tag
  case length
  case value
  case unknownCritical
}
