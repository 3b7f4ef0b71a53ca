import Broker
import CitizenItems
import Foundation

/// A subject, as a result names it.
struct SubjectOfResult: Encodable {
  let id: SubjectID
  let isNew: Bool?

  init(id: SubjectID, isNew: Bool? = nil) {
    self.id = id
    self.isNew = isNew
  }
}

/// Evidence of a check, for those who may know how it was made.
struct VerificationForVerifier: Encodable {
  let id: VerificationID
  let checkedAt: Date
  let method: String
  let sourceTime: Date?
  /// Present where revocation was unknown and passed by the tenant's override.
  let revocationOverride: Bool?

  init(_ evidence: VerificationEvidence) {
    id = evidence.id
    checkedAt = evidence.checkedAt
    method = evidence.method
    sourceTime = evidence.sourceTime
    revocationOverride = evidence.isUnderOverride
  }
}

/// Evidence of a check, for everybody else: that it was made, and when.
struct VerificationForNonVerifier: Encodable {
  let id: VerificationID
  let checkedAt: Date

  init(_ evidence: VerificationEvidence) {
    id = evidence.id
    checkedAt = evidence.checkedAt
  }
}

/// What a `notVerifier` tenant knows of a pair's state (api.md, Access).
enum PairStateForNonVerifier: String, Encodable, CaseIterable {
  case active, inactive

  init(_ state: PairState) { self = state == .active ? .active : .inactive }
}

/// A pair, as a result names it.
struct PairOfResultForVerifier: Encodable {
  let id: PairID
  let state: PairState
  let ledgerRef: String?

  init(_ pair: PairReference) {
    id = pair.id
    state = pair.state
    ledgerRef = pair.ledgerRef
  }

  init(_ pair: OnboardedPair) {
    id = pair.id
    state = pair.state
    ledgerRef = nil
  }
}

/// A pair, as a result names it to a `notVerifier` tenant.
struct PairOfResultForNonVerifier: Encodable {
  let id: PairID
  let state: PairStateForNonVerifier
  let ledgerRef: String?

  init(_ pair: PairReference) {
    id = pair.id
    state = PairStateForNonVerifier(pair.state)
    ledgerRef = pair.ledgerRef
  }

  init(_ pair: OnboardedPair) {
    id = pair.id
    state = PairStateForNonVerifier(pair.state)
    ledgerRef = nil
  }
}

/// Items read from a certificate: those agreed to, once, for a `deemedVerifier` only. Prints as `<redacted>`.
struct CertifiedItems: Encodable, Redacted {
  let name: String?
  let address: String?
  let dateOfBirth: String?
  let sex: String?
  /// Positions of substitute characters (代替文字) in Unicode scalars, by item.
  let substitutes: [String: [Int]]?

  init(_ items: DisclosedItems) {
    name = items.name?.text
    address = items.address?.text
    dateOfBirth = items.dateOfBirth?.iso
    sex = items.sex.map { sex in
      switch sex {
      case .male: "male"
      case .female: "female"
      case .other: "other"
      case .unknown: "unknown"
      }
    }
    var substitutes: [String: [Int]] = [:]
    for (item, text) in [("name", items.name), ("address", items.address)] {
      let positions = (text?.substitutes ?? []).enumerated().filter(\.element).map(\.offset)
      if !positions.isEmpty { substitutes[item] = positions }
    }
    self.substitutes = substitutes.isEmpty ? nil : substitutes
  }
}
