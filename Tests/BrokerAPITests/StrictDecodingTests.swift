import Foundation
import StrictJSON
import Testing

@testable import BrokerAPI

private struct Inner: Decodable, Equatable {
  let a: Int
  let b: [String]?
}

private struct Outer: Decodable, Equatable {
  let name: String
  let inner: Inner?
  let list: [Inner]?
  let map: [String: String]?
  let at: Date?
}

private func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
  try Array(text.utf8).withUnsafeBytes { try StrictDecoder.decode(type, from: $0) }
}

private func faults(_ text: String) -> [JSONFault] {
  do {
    _ = try decode(Outer.self, text)
    return []
  } catch {
    return (error as? JSONFaults)?.faults ?? []
  }
}

private func pointers(_ text: String) -> [String] { faults(text).map(\.pointer) }

@Suite("Strict decoding of request bodies")
struct StrictDecodingTests {
  @Test("what a type has is decoded")
  func decodes() throws {
    let value = try decode(
      Outer.self,
      #" {"name":"四情\u00e9\ud83d\ude00\n","inner":{"a":-7,"b":["x",""]},"list":[{"a":1}],"map":{"k":"v"},"at":"2025-11-21T03:04:05.250Z"} "#
    )
    #expect(value.name == "四情é😀\n")
    #expect(value.inner == Inner(a: -7, b: ["x", ""]))
    #expect(value.list == [Inner(a: 1, b: nil)])
    #expect(value.map == ["k": "v"])
    #expect(value.at == Date(timeIntervalSince1970: 1_763_694_245.25))
  }

  @Test(
    "an unknown member is refused and named by its JSON pointer",
    arguments: [
      (#"{"name":"n","nam":1}"#, "/nam"),
      (#"{"name":"n","inner":{"a":1,"c":2}}"#, "/inner/c"),
      (#"{"name":"n","list":[{"a":1},{"a":2,"a/b~":3}]}"#, "/list/1/a~1b~0"),
    ])
  func unknownMembers(text: String, pointer: String) {
    #expect(pointers(text) == [pointer])
  }

  @Test("a misspelt member shows as missing and as unknown")
  func misspelt() { #expect(pointers(#"{"Name":"n"}"#) == ["/name", "/Name"]) }

  @Test(
    "a wrong type is named by its JSON pointer",
    arguments: [
      (#"{"name":1}"#, "/name"), (#"{"name":"n","inner":[]}"#, "/inner"), (#"{"name":"n","inner":{"a":"1"}}"#, "/inner/a"),
      (#"{"name":"n","list":[{"a":1.5}]}"#, "/list/0/a"), (#"{"name":"n","list":[{"a":99999999999999999999}]}"#, "/list/0/a"),
      (#"{"name":"n","at":"2025-11-21T03:04:05+09:00"}"#, "/at"), (#"[]"#, ""), (#"{"name":"n","map":{"k":1}}"#, "/map/k"),
    ])
  func wrongTypes(text: String, pointer: String) { #expect(pointers(text) == [pointer]) }

  @Test("null is not the same as left out")
  func nulls() { #expect(pointers(#"{"name":"n","inner":null}"#) == ["/inner"]) }

  @Test("a member that stands there twice is refused, among few members and among many")
  func duplicates() {
    #expect(pointers(#"{"name":"a","name":"b"}"#) == ["/name"])
    let many = (0..<40).map { "\"k\($0)\":\"v\"" }.joined(separator: ",")
    #expect(pointers(#"{"name":"n","map":{"# + many + #","k37":"again"}}"#) == ["/map/k37"])
    #expect(pointers(#"{"name":"n","map":{"# + many + #","k3":"again"}}"#) == ["/map/k3"])
    #expect(faults(#"{"name":"n","map":{"# + many + "}}").isEmpty)
  }

  @Test(
    "what is not JSON is refused",
    arguments: [
      "", "{", "{}x", "{\"name\":\"n\",}", "{\"name\" \"n\"}", "{name:\"n\"}", "\u{feff}{\"name\":\"n\"}", "{\"name\":\"\u{1}\"}",
      #"{"name":"\x"}"#,
      #"{"name":"\ud800"}"#, #"{"name":"\udc00\ud800"}"#, #"{"name":"\u0000"}"#, #"{"name":"\u12g4"}"#, #"{"name":"n","inner":{"a":01}}"#,
      #"{"name":"n","inner":{"a":+1}}"#, #"{"name":"n","inner":{"a":.5}}"#, #"{"name":"n","inner":{"a":1.}}"#,
      #"{"name":"n","inner":{"a":NaN}}"#,
      "{'name':'n'}", "{\"name\":\"n\"}{\"name\":\"n\"}", "{\"name\":tru}", "/* */{}", "{\"name\":\"n\"",
    ])
  func notJSON(text: String) { #expect(!faults(text).isEmpty) }

  @Test("bytes that are not UTF-8 are refused")
  func notUTF8() {
    let bytes = Array("{\"name\":\"".utf8) + [0xc3, 0x28] + Array("\"}".utf8)
    #expect(throws: JSONFaults.self) { try bytes.withUnsafeBytes { try StrictDecoder.decode(Outer.self, from: $0) } }
  }

  @Test("depth and number of values are limited")
  func limits() {
    let deep = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
    #expect(throws: JSONFaults.self) { try Array(deep.utf8).withUnsafeBytes { try JSONReader.read($0) } }
    let deepest = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
    #expect(throws: Never.self) { try Array(deepest.utf8).withUnsafeBytes { try JSONReader.read($0) } }
    let wide = "[" + Array(repeating: "1", count: 20_000).joined(separator: ",") + "]"
    #expect(throws: JSONFaults.self) { try Array(wide.utf8).withUnsafeBytes { try JSONReader.read($0) } }
  }

  @Test("no fault quotes a value")
  func faultsQuoteNothing() {
    for text in [#"{"name":["花子"]}"#, #"{"name":"n","at":"花子"}"#, #"{"name":"n","inner":{"a":12345678901234567890}}"#, "{\"name\":\"花子"] {
      #expect(!faults(text).isEmpty)
      #expect(!faults(text).contains { $0.detail.contains("花子") || $0.detail.contains("12345678901234567890") })
    }
  }

  @Test("5,000 mutated bodies: never accepted where Foundation refuses, and no crash")
  func againstFoundation() throws {
    var generator = SplitMix(seed: 20_251_121)
    let seed = Array(#"{"name":"四情\u00e9\n","inner":{"a":-12e1,"b":["x",null,true,false]},"list":[{"a":1},{}],"map":{"k":"v"}}"#.utf8)
    for _ in 0..<5_000 {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: index)
        }
      }
      let ours = (try? bytes.withUnsafeBytes { try JSONReader.read($0) }) != nil
      if ours { #expect((try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil) }
    }
  }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
