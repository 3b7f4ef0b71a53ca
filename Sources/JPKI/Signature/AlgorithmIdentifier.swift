/// AlgorithmIdentifier (RFC 5280 §4.1.1.2), as far as RSA, ECDSA and hashes need it.
struct AlgorithmIdentifier: Hashable {
  enum Parameters: Hashable { case absent, null, other }

  let oid: OID
  let parameters: Parameters
  /// The curve, where the parameters name one (RFC 5480 §2.1.1).
  let curve: OID?

  init(_ element: DERElement) throws(DERError) {
    guard element.tag == DERTag.sequence else { throw .tag }
    var reader = try element.reader()
    oid = try reader.element(DERTag.oid).oid()
    if reader.isAtEnd {
      parameters = .absent
      curve = nil
    } else {
      let value = try reader.element()
      try reader.finish()
      if value.tag == DERTag.null {
        try value.null()
        parameters = .null
        curve = nil
      } else {
        parameters = .other
        curve = value.tag == DERTag.oid ? try value.oid() : nil
      }
    }
  }

  /// The digest, if this is RSASSA-PKCS1-v1_5 with one that is accepted (RFC 4055 §5: NULL, and absent must be understood too).
  var rsaDigest: DigestAlgorithm? { parameters == .other ? nil : DigestAlgorithm(signature: oid) }

  /// SHA-384, if this is ECDSA with it (RFC 5758 §3.2: parameters absent).
  var ecdsaDigest: DigestAlgorithm? { oid == .ecdsaWithSHA384 && parameters == .absent ? .sha384 : nil }
}
