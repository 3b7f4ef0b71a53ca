internal import Crypto

/// What a card signs (house.md): `"yonjo/<purpose>/1"`, then length-prefixed fields. The card signs DigestInfo(SHA-256(bytes)).
///
/// Each field is four bytes of length (big-endian) and the bytes; an absent field is length 0. One tenant, one origin, one use, minutes.
struct ToBeSigned {
  /// What the signature is for; it is the first thing in the bytes, so that a signature for one purpose is none for another.
  enum Purpose: String, Sendable, Codable, CaseIterable {
    case onboarding, login, match, consent, withdrawal
  }

  let purpose: Purpose
  let tenantID: TenantID
  let sessionID: String
  let origin: String
  let nonce: [UInt8]
  var applicationDigest: [UInt8] = []
  var noticeDigest: [UInt8] = []
  var statementDigest: [UInt8] = []
  var declaredItemsDigest: [UInt8] = []

  var bytes: [UInt8] {
    var bytes = Array("yonjo/\(purpose.rawValue)/1".utf8)
    for field in [
      Array(tenantID.description.utf8), Array(sessionID.utf8), Array(origin.utf8), nonce, applicationDigest, noticeDigest, statementDigest,
      declaredItemsDigest,
    ] {
      let count = UInt32(field.count)
      bytes.append(contentsOf: [
        UInt8(truncatingIfNeeded: count >> 24), UInt8(truncatingIfNeeded: count >> 16), UInt8(truncatingIfNeeded: count >> 8),
        UInt8(truncatingIfNeeded: count),
      ])
      bytes.append(contentsOf: field)
    }
    return bytes
  }
}

extension Sequence<UInt8> {
  /// SHA-256 (FIPS 180-4), 32 bytes.
  var sha256: [UInt8] {
    var hash = SHA256()
    hash.update(data: Array(self))
    return Array(hash.finalize())
  }
}
