import Crypto
import Foundation
import Testing

@testable import MerkleLog

/// Checkpoints as C2SP tlog-checkpoint and signed-note have them.
@Suite struct CheckpointTests {
  private let key = Curve25519.Signing.PrivateKey()
  private let checkpoint = Checkpoint(origin: "log.example/a", size: 7, root: .leaf([1]), extensions: ["2026-11-21T00:00:00Z"])

  @Test func theTextIsNameSizeRootAndFurtherLines() {
    let root = Data(LogHash.leaf([1]).bytes).base64EncodedString()
    #expect(checkpoint.text == "log.example/a\n7\n\(root)\n2026-11-21T00:00:00Z\n")
    #expect(Checkpoint(text: checkpoint.text) == checkpoint)
  }

  @Test(arguments: ["", "a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "a\n1\nAAAA\n", "a\n1\nAAAA", "\n1\nAAAA\n"])
  func whatIsNoCheckpointIsNotRead(_ text: String) { #expect(Checkpoint(text: text) == nil) }

  @Test func aSignedNoteIsBelievedWithItsKeyAndName() throws {
    let note = try SignedNote(signing: checkpoint.text, name: "log.example", key: key)
    let read = try SignedNote(parsing: note.serialized)
    #expect(read == note)
    try read.verify(name: "log.example", key: key.publicKey)
    #expect(throws: SignedNoteError.notSignedByKey) { try read.verify(name: "other.example", key: key.publicKey) }
    #expect(throws: SignedNoteError.notSignedByKey) {
      try read.verify(name: "log.example", key: Curve25519.Signing.PrivateKey().publicKey)
    }
  }

  @Test func aChangedTextIsNotBelieved() throws {
    let note = try SignedNote(signing: checkpoint.text, name: "log.example", key: key).serialized
    let changed = try SignedNote(parsing: note.replacing("\n7\n", with: "\n8\n"))
    #expect(throws: SignedNoteError.signatureInvalid) { try changed.verify(name: "log.example", key: key.publicKey) }
  }

  @Test(arguments: [
    "", "text\n", "text\n\n", "text\n\n— name\n", "text\n\n— name AAAA\n", "text\n\n- name AAAAAAAA\n", "text\n\n— name !!!!\n",
  ])
  func whatIsNoNoteIsNotRead(_ note: String) { #expect(throws: SignedNoteError.malformed) { try SignedNote(parsing: note) } }

  @Test func theVerifierKeyNamesTheKey() throws {
    let text = SignedNote.verifierKey(name: "log.example", key: key.publicKey)
    let parts = text.split(separator: "+", maxSplits: 2)
    #expect(parts[0] == "log.example")
    #expect(parts[1].count == 8)
    #expect(Data(base64Encoded: String(parts[2]))?.dropFirst() == key.publicKey.rawRepresentation)
  }
}
