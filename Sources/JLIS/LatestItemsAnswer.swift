public import CitizenItems
public import JPKI

/// What J-LIS answers to one question for latest items.
public enum LatestItemsAnswer: Sendable {
  /// A new signing certificate exists after a change of its content: the consented items and the new serial (which never leaves the broker).
  case updated(PartialItems, newSerial: Serial)
  /// No news: the old certificate still stands, or it was renewed with the same items.
  case unchanged
  /// The old certificate has ended and no new one has been issued so far, or none is valid now: nothing is provided.
  case notYetAvailable
  /// No consent of that id, service and person that counts now.
  case notConsented
  /// The person has cancelled the consent.
  case consentCancelled
}

/// Those of the four items that a consent covers. Prints as `<redacted>`; to be destroyed after handing over (jpki.md §8).
public struct PartialItems: Redacted, Equatable {
  /// 氏名, when consented.
  public let name: CertifiedText?
  /// 住所, when consented.
  public let address: CertifiedText?
  /// 生年月日, when consented.
  public let dateOfBirth: DateOfBirth?
  /// 性別, when consented.
  public let sex: Sex?

  /// Any of the four; nil where the consent does not cover it.
  public init(name: CertifiedText?, address: CertifiedText?, dateOfBirth: DateOfBirth?, sex: Sex?) {
    self.name = name
    self.address = address
    self.dateOfBirth = dateOfBirth
    self.sex = sex
  }

  /// Which items are here.
  public var items: Set<Item> {
    var present: Set<Item> = []
    if name != nil { present.insert(.name) }
    if address != nil { present.insert(.address) }
    if dateOfBirth != nil { present.insert(.dateOfBirth) }
    if sex != nil { present.insert(.sex) }
    return present
  }
}
