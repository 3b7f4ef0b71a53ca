/// AlgorithmIdentifier (RFC 5280 §4.1.1.2), as far as RSA and hashes need it.
struct AlgorithmIdentifier: Hashable {
  enum Parameters: Hashable { case absent, null, other }

  let oid: OID
  let parameters: Parameters

  init(_ element: DERElement) throws(DERError) {
    guard element.tag == DERTag.sequence else { throw .tag }
    var reader = try element.reader()
    oid = try reader.element(DERTag.oid).oid()
    if reader.isAtEnd {
      parameters = .absent
    } else {
      let value = try reader.element()
      try reader.finish()
      if value.tag == DERTag.null {
        try value.null()
        parameters = .null
      } else {
        parameters = .other
      }
    }
  }

  /// The digest, if this is RSASSA-PKCS1-v1_5 with one that is accepted (RFC 4055 §5: NULL, and absent must be understood too).
  var rsaDigest: DigestAlgorithm? { parameters == .other ? nil : DigestAlgorithm(signature: oid) }
}
