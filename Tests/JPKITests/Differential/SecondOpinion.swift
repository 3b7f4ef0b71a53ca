import Foundation
import JPKI
import OpenSSLOracle

/// OpenSSL's view of the world's roots, at the world's time.
///
/// Invariant behind `@unchecked Sendable`: complete when `init` returns; OpenSSL locks the store that it looks up.
final class SecondOpinion: @unchecked Sendable {
  static let signing = SecondOpinion(World.signingAuthority.certificate)
  static let authentication = SecondOpinion(World.authenticationAuthority.certificate)

  private let store: OpaquePointer

  private init(_ root: [UInt8]) {
    store = oracle_store_new(root, root.count, Int64(World.now.timeIntervalSince1970))!
  }

  deinit { oracle_store_free(store) }

  struct Item {
    let type: String
    /// Nil where it is no UTF8String.
    let text: [UInt8]?
  }

  func certificate(_ der: [UInt8], policy: String) -> (view: oracle_certificate, items: [Item], policies: [String]) {
    var view = oracle_certificate()
    let items = [oracle_item](unsafeUninitializedCapacity: ORACLE_ITEMS) { buffer, count in
      oracle_read_certificate(store, der, der.count, policy, buffer.baseAddress, &view)
      count = view.item_count
    }
    let policies = withUnsafeBytes(of: view.policies) { bytes in
      (0..<view.policy_count).map { index in
        String(decoding: bytes[(index * ORACLE_TYPE_BYTES)..<((index + 1) * ORACLE_TYPE_BYTES)].prefix { $0 != 0 }, as: UTF8.self)
      }
    }
    return (view, items.map(Self.item), policies)
  }

  private static func item(_ item: oracle_item) -> Item {
    Item(
      type: withUnsafeBytes(of: item.type) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) },
      text: item.is_utf8 == 1 ? withUnsafeBytes(of: item.text) { Array($0.prefix(item.text_length)) } : nil)
  }

  func list(_ der: [UInt8], card: [UInt8]) -> (view: oracle_list, entries: [oracle_entry]) {
    var view = oracle_list()
    let entries = [oracle_entry](unsafeUninitializedCapacity: 64) { buffer, count in
      oracle_read_list(store, card, card.count, der, der.count, buffer.baseAddress, buffer.count, &view)
      count = min(view.entry_count, buffer.count)
    }
    return (view, entries)
  }

  func answer(_ der: [UInt8], serial: [UInt8], nonce: [UInt8]) -> oracle_answer {
    var view = oracle_answer()
    oracle_read_answer(store, serial, serial.count, nonce, nonce.count, der, der.count, &view)
    return view
  }

  static func signature(_ signature: [UInt8], key: [UInt8], digest: [UInt8]) -> oracle_signature {
    var view = oracle_signature()
    oracle_read_signature(key, key.count, signature, signature.count, digest, &view)
    return view
  }
}

extension oracle_certificate {
  var serialBytes: [UInt8] { withUnsafeBytes(of: serial) { Array($0.prefix(serial_length)) } }
  var fingerprintBytes: [UInt8] { withUnsafeBytes(of: key_fingerprint) { Array($0) } }
  var brokenExtension: String { withUnsafeBytes(of: broken) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } }
  var responderText: String { withUnsafeBytes(of: responder) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } }
}

extension oracle_list {
  var brokenExtension: String { withUnsafeBytes(of: broken) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } }
}

extension oracle_entry {
  var serialBytes: [UInt8] { withUnsafeBytes(of: serial) { Array($0.prefix(serial_length)) } }
}

/// What is wrong, collected.
struct Objections {
  private(set) var all: [String] = []

  /// Notes the sentence unless the condition holds.
  mutating func demand(_ condition: Bool, _ sentence: @autoclosure () -> String) {
    if !condition { all.append(sentence()) }
  }
}
