/// The protected header of a JWS or a JWE. Members that are not named here are found in `members`.
public struct ProtectedHeader: Sendable, Hashable {
  /// All members.
  public let members: [String: JSONValue]
  /// `alg`, always there.
  public let algorithm: String

  /// `kid`
  public var keyID: String? { members["kid"]?.string }
  /// `typ`
  public var type: String? { members["typ"]?.string }
  /// `enc`, of a JWE.
  public var encryption: String? { members["enc"]?.string }
  /// `jwk`: a public key that the sender names himself, as DPoP does; nobody vouches for it.
  public var embeddedKey: JSONWebKey? { members["jwk"].flatMap { JSONWebKey(members: $0) } }

  /// Reads and checks what is common to both: an object with `alg`, without `crit`, `zip` or `b64`.
  init(parsing bytes: [UInt8]) throws(JOSEError) {
    guard bytes.count <= 16_384 else { throw .tooLarge }
    guard let members = try JSONValue(parsing: bytes).object, let algorithm = members["alg"]?.string else { throw .malformed }
    for name in ["kid", "typ", "enc", "cty", "apu", "apv"] {
      if let member = members[name], member.string == nil { throw .malformed }
    }
    guard members["crit"] == nil, members["zip"] == nil, members["b64"] == nil else { throw .extensionNotUnderstood }
    self.members = members
    self.algorithm = algorithm
  }
}

extension JSONWebKey {
  /// A key inside another object; nil if it is malformed, or carries a private member.
  init?(members value: JSONValue) {
    guard let members = value.object, members["d"] == nil, members["k"] == nil, let bytes = try? value.serialized(),
      let key = try? JSONWebKey(json: bytes)
    else { return nil }
    self = key
  }
}
