import COpenSSL
import JPKI
import Testing

/// A message whose content is taken out of it as it arrives.
struct SignedMessageStreamTests {
  private struct Read {
    var message: [UInt8]?
    var content: [UInt8] = []
    var hadContent = false
    var reason: VerificationReason?
  }

  /// Reads in pieces of so many bytes.
  private func read(_ bytes: [UInt8], pieces: Int = .max) -> Read {
    var read = Read()
    var stream = SignedMessageStream()
    do {
      var start = 0
      while start < bytes.count {
        let end = pieces < bytes.count - start ? start + pieces : bytes.count
        try bytes[start..<end].withUnsafeBytes { piece in try stream.take(piece) { read.content += $0 } }
        start = end
      }
      let finished = try stream.finish()
      read.message = finished.message
      read.hadContent = finished.hadContent
    } catch let failure as VerificationFailure {
      read.reason = failure.reason
    } catch {
      Issue.record("\(error)")
    }
    return read
  }

  /// What the verifier says of the message over this digest; nil where it passes.
  private func verify(_ message: [UInt8]?, over content: [UInt8]) -> VerificationReason? {
    guard let message else { return .cmsMalformed }
    do throws(VerificationFailure) {
      _ = try World.verifier.verify(
        CardSignature(format: .cms, signature: message, certificate: nil), overDigest: DigestAlgorithm.sha256.digest(of: content),
        kind: .signing, at: World.now)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: [1, 2, 3, 7, 64, Int.max]) func theContentComesOutWholeAndTheRestVerifiesOverItsDigest(_ pieces: Int) {
    let read = read(MessageRecipe(attached: World.message).der, pieces: pieces)
    #expect(read.content == World.message && read.hadContent && read.reason == nil)
    #expect(read.message == MessageRecipe().der)
    #expect(verify(read.message, over: read.content) == nil)
    #expect(verify(read.message, over: read.content + [0]) == .digestMismatch)
  }

  @Test(arguments: [1, 5, Int.max]) func aDetachedMessageIsHandedOnAsItCame(_ pieces: Int) {
    let read = read(MessageRecipe().der, pieces: pieces)
    #expect(read.message == MessageRecipe().der && !read.hadContent && read.content.isEmpty)
  }

  @Test(arguments: [1, 1000, 65_536]) func aMessageLargerThanMayBeHeldIsReadAllTheSame(_ pieces: Int) {
    let large = [UInt8](repeating: 0x5A, count: 200_000)
    let read = read(MessageRecipe(attached: large, attributes: MessageRecipe.attributes(over: large)).der, pieces: pieces)
    #expect(read.content == large)
    #expect(verify(read.message, over: large) == nil)
  }

  @Test(arguments: [CMS_BINARY, CMS_BINARY | CMS_DETACHED, CMS_BINARY | CMS_STREAM | CMS_USE_KEYID], [1, 11, Int.max])
  func messagesThatOpenSSLMakesAreRead(_ flags: Int32, _ pieces: Int) throws {
    let read = read(try #require(OpenSSLMessage.make(over: World.message, flags: UInt32(flags))), pieces: pieces)
    #expect(read.hadContent == (flags & CMS_DETACHED == 0))
    if read.hadContent { #expect(read.content == World.message) }
    #expect(verify(read.message, over: World.message) == nil)
  }

  /// The same message with lengths and segments as BER allows them (X.690 §8.1.3.6, §8.7.3.2).
  private func ber(segments: [[UInt8]], stringIsDefinite: Bool = false, isDefinite: Bool = false, ending: [UInt8] = []) -> [UInt8] {
    let detached = MessageRecipe()
    let der = detached.der
    // ContentInfo, its type, [0], SignedData: four, eleven, four and four bytes; then version and digest algorithms, then the empty place.
    let fields = Array(der[23...])
    let encapsulated = Encoder.sequence(Encoder.oid(MessageRecipe.data))
    guard let place = (0..<fields.count).first(where: { fields[$0...].starts(with: encapsulated) }) else { return [] }
    let before = Array(fields[..<place])
    let after = Array(fields[(place + encapsulated.count)...])
    let pieces = segments.flatMap { Encoder.octets($0) }
    func open(_ tag: UInt8, _ content: [UInt8], _ definite: Bool) -> [UInt8] {
      definite ? Encoder.element(tag, content) : [tag, 0x80] + content + [0, 0]
    }
    let string = open(0x24, pieces, stringIsDefinite)
    let inner = open(0x30, Encoder.oid(MessageRecipe.data) + open(0xA0, string, isDefinite), isDefinite)
    let data = open(0x30, before + inner + after, isDefinite)
    return open(0x30, Encoder.oid(MessageRecipe.signedData) + open(0xA0, data, isDefinite), isDefinite) + ending
  }

  @Test(arguments: [false, true], [false, true]) func segmentsAndIndefiniteLengthsAreRead(_ string: Bool, _ others: Bool) {
    let half = World.message.count / 2
    let segments = [Array(World.message[..<half]), [], Array(World.message[half...])]
    for pieces in [1, 2, 17, Int.max] {
      let read = read(ber(segments: segments, stringIsDefinite: string, isDefinite: others), pieces: pieces)
      #expect(read.content == World.message && read.hadContent)
      #expect(read.message == MessageRecipe().der)
    }
  }

  @Test func emptyContentIsContent() {
    for bytes in [
      MessageRecipe(attached: [], attributes: MessageRecipe.attributes(over: [])).der, ber(segments: []),
      ber(segments: [], stringIsDefinite: true),
    ] {
      let read = read(bytes)
      #expect(read.hadContent && read.content.isEmpty && read.reason == nil)
    }
  }

  @Test func whatFollowsAMessageIsNotForgotten() {
    for bytes in [
      ber(segments: [World.message], ending: [0]), ber(segments: [World.message], isDefinite: true, ending: [5, 0]),
      MessageRecipe(attached: World.message).der + [0],
    ] {
      let read = read(bytes)
      #expect(read.reason == .cmsMalformed || verify(read.message, over: World.message) == .cmsMalformed)
    }
  }

  @Test func aMessageThatIsCutIsMalformedWhereverItIsCut() {
    let der = MessageRecipe(attached: World.message).der
    for count in 0..<der.count {
      let read = read(Array(der[..<count]))
      #expect(read.reason == .cmsMalformed || verify(read.message, over: World.message) != nil, "\(count) bytes")
    }
  }

  @Test func noChangedByteMakesAnotherContentPass() {
    let der = MessageRecipe(attached: World.message).der
    for index in der.indices {
      for mask: UInt8 in [0x01, 0x80] {
        var changed = der
        changed[index] ^= mask
        let read = read(changed, pieces: 61)
        guard read.reason == nil, read.hadContent, verify(read.message, over: read.content) == nil else { continue }
        #expect(read.content == World.message, "byte \(index)")
      }
    }
  }

  @Test func structureBeyondTheLimitIsRefusedWhileItArrives() {
    let limit = SignedMessageStream.maximumStructureBytes
    #expect(read([UInt8](repeating: 0x30, count: limit + 1), pieces: 4096).reason == .signatureTooLarge)
    let certificates = [[UInt8]](repeating: Encoder.sequence(Encoder.octets([UInt8](repeating: 1, count: 30_000))), count: 3)
    #expect(read(MessageRecipe(attached: World.message, certificates: certificates).der, pieces: 4096).reason == .signatureTooLarge)
  }

  @Test func whatIsNoMessageIsHandedOnForTheVerifierToName() {
    for bytes in [[], [0x30], Array("%PDF-1.7".utf8), MessageRecipe(type: MessageRecipe.data).der] as [[UInt8]] {
      let read = read(bytes)
      #expect(read.message == bytes && !read.hadContent)
    }
  }
}
