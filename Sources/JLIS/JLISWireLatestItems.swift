import CitizenItems
import JPKI

extension JLISWire {
  /// A ``LatestItemsAnswer``: `items` and `newSerial` with `updated` only.
  package struct LatestItems: Codable, Sendable {
    let outcome: Outcome
    let items: Items?
    let newSerial: String?

    enum Outcome: String, Codable, Sendable {
      case updated, unchanged, notYetAvailable, notConsented, consentCancelled
    }

    /// As the certificate writes them; absent where not consented.
    struct Items: Codable, Sendable {
      let name: Text?
      let address: Text?
      /// `YYYY-MM-DD`, zeros for what is unknown.
      let dateOfBirth: String?
      /// `1`, `2`, `3` or `9`.
      let sex: String?
    }

    struct Text: Codable, Sendable {
      let text: String
      /// One `0` or `1` for each Unicode scalar.
      let substitutes: String

      init(_ certified: CertifiedText) {
        text = certified.text
        substitutes = certified.substitutes.map { $0 ? "1" : "0" }.joined()
      }

      var certified: CertifiedText {
        get throws { try CertifiedText(text: text, flags: substitutes) }
      }
    }

    package init(_ answer: LatestItemsAnswer) {
      switch answer {
      case .updated(let partial, let serial):
        outcome = .updated
        items = Items(
          name: partial.name.map(Text.init), address: partial.address.map(Text.init), dateOfBirth: partial.dateOfBirth?.iso,
          sex: partial.sex?.code)
        newSerial = Hexadecimal.encode(serial.bytes)
        return
      case .unchanged: outcome = .unchanged
      case .notYetAvailable: outcome = .notYetAvailable
      case .notConsented: outcome = .notConsented
      case .consentCancelled: outcome = .consentCancelled
      }
      items = nil
      newSerial = nil
    }

    /// - Throws: ``JLISError/malformed`` where `updated` comes without items or serial, or an item is none.
    func answer() throws(JLISError) -> LatestItemsAnswer {
      switch outcome {
      case .unchanged: return .unchanged
      case .notYetAvailable: return .notYetAvailable
      case .notConsented: return .notConsented
      case .consentCancelled: return .consentCancelled
      case .updated:
        guard let items, let serial = newSerial.flatMap(Hexadecimal.decode).flatMap({ Serial($0) }) else { throw .malformed }
        do {
          let partial = PartialItems(
            name: try items.name?.certified, address: try items.address?.certified, dateOfBirth: try items.dateOfBirth.map(Self.date),
            sex: try items.sex.map { try Sex(jpki: $0) })
          return .updated(partial, newSerial: serial)
        } catch {
          throw .malformed
        }
      }
    }

    /// Ten characters, digits in groups of four, two, two.
    private static func date(_ text: String) throws(JLISError) -> DateOfBirth {
      let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard text.utf8.count == 10, parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2] else { throw .malformed }
      do {
        return try DateOfBirth(year: year == 0 ? nil : year, month: month == 0 ? nil : month, day: day == 0 ? nil : day)
      } catch {
        throw .malformed
      }
    }
  }
}
