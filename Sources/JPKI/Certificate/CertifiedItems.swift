internal import CitizenItems

/// The four items out of the signing certificate's subjectAltName (jpki.md §3).
enum CertifiedItems {
  private static let known: [OID: Int] = {
    var known: [OID: Int] = [:]
    for (index, text) in JPKIProfile.itemIdentifiers.enumerated() { if let oid = OID(dotted: text) { known[oid] = index } }
    return known
  }()

  /// Reads all six otherNames. Others are ignored: later cards may carry more.
  static func read(_ names: [GeneralName]) throws(VerificationFailure) -> FourItems {
    var values = [String?](repeating: nil, count: known.count)
    for case .other(let type, let element) in names {
      guard let index = known[type] else { continue }
      guard values[index] == nil else { throw VerificationFailure(.itemDuplicate) }
      values[index] = try text(element)
    }
    // The order of JPKIProfile.itemIdentifiers.
    guard let name = values[0], let born = values[1], let code = values[2], let address = values[3], let nameFlags = values[4],
      let addressFlags = values[5]
    else { throw VerificationFailure(.itemMissing) }
    let dateOfBirth: DateOfBirth
    do { dateOfBirth = try DateOfBirth(jpki: born) } catch { throw VerificationFailure(.dateOfBirth) }
    let sex: Sex
    do { sex = try Sex(jpki: code) } catch { throw VerificationFailure(.sex) }
    return FourItems(
      name: try certified(name, nameFlags), address: try certified(address, addressFlags), dateOfBirth: dateOfBirth, sex: sex)
  }

  /// Whether an item is a UTF8String of bounded length.
  static func isWellFormed(_ element: DERElement) -> Bool { (try? text(element)) != nil }

  private static func text(_ element: DERElement) throws(VerificationFailure) -> String {
    guard element.tag == DERTag.utf8String, !element.content.isEmpty, element.content.count <= JPKIProfile.maximumItemScalars * 4,
      let text = try? element.text(), text.unicodeScalars.count <= JPKIProfile.maximumItemScalars
    else { throw VerificationFailure(.itemEncoding) }
    return text
  }

  private static func certified(_ text: String, _ flags: String) throws(VerificationFailure) -> CertifiedText {
    do {
      return try CertifiedText(text: text, flags: flags)
    } catch {
      throw VerificationFailure(.substituteFlags)
    }
  }
}
