public import CitizenItems
internal import Crypto
internal import Foundation
public import JOSE
public import MerkleLog

/// Signs checkpoints of the audit log: Ed25519, as C2SP signed-note asks for. Prints as `<redacted>`.
public struct CheckpointKey: Sendable, Redacted {
  private let key: Curve25519.Signing.PrivateKey
  /// The public key as `/jwks.json` has it (RFC 8037), labelled with `kid`, `alg` = `EdDSA`, `use` = `sig`.
  public let publicJWK: JSONWebKey

  static func generate() -> CheckpointKey { CheckpointKey(Curve25519.Signing.PrivateKey()) }

  init(rawRepresentation: [UInt8]) throws(KeyError) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: rawRepresentation) else { throw .damaged }
    self.init(key)
  }

  private init(_ key: Curve25519.Signing.PrivateKey) {
    self.key = key
    let bare = JSONWebKey(ed25519: Array(key.publicKey.rawRepresentation))
    publicJWK = bare.labelled(kid: bare.thumbprint, alg: "EdDSA", use: "sig")
  }

  /// The seed, 32 bytes, for storing under a wrapping key.
  var rawRepresentation: [UInt8] { Array(key.rawRepresentation) }

  /// Signs a checkpoint; the key's name is the log's, as C2SP tlog-checkpoint asks for.
  func sign(_ checkpoint: Checkpoint) throws -> SignedNote {
    try SignedNote(signing: checkpoint.text, name: checkpoint.origin, key: key)
  }

  /// The key as verifiers of a log want it: C2SP vkey.
  func verifierKey(of origin: String) -> String { SignedNote.verifierKey(name: origin, key: key.publicKey) }
}

/// Public keys that verify checkpoints.
public enum CheckpointVerifier {
  /// Reads a note and believes it if one of these keys signed it under the name that its first line says.
  ///
  /// - Parameter keys: of `/jwks.json`; others than Ed25519 are passed over.
  /// - Returns: the checkpoint and the id of the key; nil where the note is none, or none of the keys signed it.
  public static func verify(_ note: String, keys: [JSONWebKey]) -> (checkpoint: Checkpoint, keyID: String)? {
    guard let signed = try? SignedNote(parsing: note), let checkpoint = Checkpoint(text: signed.text) else { return nil }
    for jwk in keys {
      guard let raw = jwk.ed25519Bytes, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw) else { continue }
      if (try? signed.verify(name: checkpoint.origin, key: key)) != nil { return (checkpoint, jwk.thumbprint) }
    }
    return nil
  }
}
