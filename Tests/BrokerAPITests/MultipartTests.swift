import Testing

@testable import BrokerAPI

@Suite("multipart/form-data, taken apart as it arrives")
struct MultipartTests {
  private static let contentType = "multipart/form-data; boundary=\"a-b'c\""

  /// Parts by name, in order, from pieces of so many bytes.
  private func read(_ body: [UInt8], pieces: Int = .max, contentType: String = contentType) throws -> [(String, [UInt8])] {
    var scanner = try MultipartScanner(contentType: contentType)
    var parts: [(String, [UInt8])] = []
    var isOpen = false
    var start = 0
    while start < body.count {
      let end = pieces < body.count - start ? start + pieces : body.count
      try body[start..<end].withUnsafeBytes { piece in
        try scanner.take(piece) { event in
          switch event {
          case .part(let name):
            #expect(!isOpen)
            isOpen = true
            parts.append((name, []))
          case .data(let data): parts[parts.count - 1].1 += data
          case .partEnd: isOpen = false
          }
        }
      }
      start = end
    }
    try scanner.finish()
    #expect(!isOpen)
    return parts
  }

  private func part(_ name: String, _ content: [UInt8], more: String = "") -> [UInt8] {
    Array("--a-b'c\r\nContent-Disposition: form-data; name=\"\(name)\"\(more)\r\n\r\n".utf8) + content + Array("\r\n".utf8)
  }

  private let closing = Array("--a-b'c--\r\n".utf8)

  /// Everything that looks like a delimiter and is none.
  private static let awkward = Array("\r\n--a-b'\r\n--a-b'\r\r\n\r\n--\r\n-\r\n\r".utf8) + (0...255).map { UInt8($0) }

  @Test("parts come out whole, however they are cut", arguments: [1, 2, 3, 5, 8, 13, 1000, Int.max])
  func pieces(size: Int) throws {
    let body =
      part("request", Array("{}".utf8), more: "\r\nContent-Type: application/json") + part("empty", [])
      + part("content", Self.awkward, more: "; filename=\"f.pdf\"\r\nContent-Transfer-Encoding: binary") + closing
    let parts = try read(body, pieces: size)
    #expect(parts.map(\.0) == ["request", "empty", "content"])
    #expect(parts.map(\.1) == [Array("{}".utf8), [], Self.awkward])
  }

  @Test("the boundary's parameter is found in every writing")
  func boundaries() throws {
    for type in [
      "multipart/form-data; boundary=a-b'c", "Multipart/Form-Data;boundary=\"a-b'c\"; charset=utf-8",
      "multipart/form-data; charset=\"u;8\"; BOUNDARY=a-b'c",
    ] { #expect(try read(part("x", [1]) + closing, contentType: type).map(\.1) == [[1]]) }
    for type in [
      "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a", "multipart/form-data; boundary=a\u{1}b",
    ] { #expect(throws: Problem.self) { try read(closing, contentType: type) } }
    #expect(throws: Problem.self) { try read(closing, contentType: "multipart/form-data; boundary=" + String(repeating: "a", count: 71)) }
  }

  @Test("what is no form is refused, and named")
  func malformed() throws {
    let whole = part("x", [1, 2, 3]) + closing
    for count in 0..<(whole.count - 2) { #expect(throws: Problem.self, "\(count) bytes") { try read(Array(whole[..<count])) } }
    let others: [[UInt8]] = [
      Array("preamble\r\n".utf8) + whole, whole + [UInt8](repeating: 0x20, count: 17),
      Array("--a-b'cX\r\n\r\n".utf8) + closing, Array("--a-b'c\r\nContent-Disposition: attachment; name=\"x\"\r\n\r\n".utf8) + closing,
      Array("--a-b'c\r\nContent-Disposition: form-data\r\n\r\n\r\n".utf8) + closing,
      Array("--a-b'c\r\nContent-Disposition: form-data; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n\r\n".utf8) + closing,
      Array("--a-b'c\r\nno colon\r\n\r\n\r\n".utf8) + closing, [UInt8](repeating: 0x2D, count: 100),
    ]
    for body in others { #expect(throws: Problem.self) { try read(body) } }
  }

  @Test("header fields and parts are bounded")
  func limits() throws {
    let long = String(repeating: "a", count: MultipartScanner.maximumHeaderBytes)
    #expect(throws: Problem.self) { try read(part("x", [], more: "; filename=\"\(long)\"") + closing) }
    let many = (0...MultipartScanner.maximumParts).flatMap { part("p\($0)", []) }
    #expect(throws: Problem.self) { try read(many + closing) }
  }
}
