/// SubjectPublicKeyInfo: what the profile asks of it, and where it stands.
struct SubjectPublicKey {
  /// The whole structure, for fingerprints.
  let whole: Range<Int>
  /// The key bits without the count of unused ones: OCSP hashes them (RFC 6960 §4.1.1).
  let bits: Range<Int>
  /// rsaEncryption with NULL.
  let isRSA: Bool
  /// id-ecPublicKey with a curve by name.
  let isElliptic: Bool
  /// The curve of such a key.
  let curve: OID?
  /// Magnitudes, empty where the key is not RSA.
  let modulus: ArraySlice<UInt8>
  let exponent: ArraySlice<UInt8>

  init(_ element: DERElement) throws(DERError) {
    guard element.tag == DERTag.sequence else { throw .tag }
    whole = element.whole
    var reader = try element.reader()
    let algorithm = try AlgorithmIdentifier(reader.element())
    bits = try reader.element(DERTag.bitString).bitStringBytes()
    try reader.finish()
    isRSA = algorithm.oid == .rsaEncryption && algorithm.parameters == .null
    curve = algorithm.oid == .ellipticKey ? algorithm.curve : nil
    isElliptic = curve != nil
    guard isRSA else {
      modulus = []
      exponent = []
      return
    }
    var key = DERReader(element.bytes, in: bits)
    let sequence = try key.element(DERTag.sequence)
    try key.finish()
    var parts = try sequence.reader()
    modulus = try parts.element(DERTag.integer).positiveInteger()
    exponent = try parts.element(DERTag.integer).positiveInteger()
    try parts.finish()
  }

  var modulusBits: Int {
    guard let first = modulus.first else { return 0 }
    return modulus.count * 8 - first.leadingZeroBitCount
  }
}
