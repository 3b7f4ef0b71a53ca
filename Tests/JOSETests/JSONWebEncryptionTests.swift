import CryptoExtras
import Foundation
import Testing

@testable import JOSE

@Suite struct JSONWebEncryptionTests {
  @Test func derivesTheKeyOfRFC7518AppendixC() throws {
    let alice = try KeyAgreementKey(rawRepresentation: try #require(Base64URL.decode("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo")))
    let bob = try JSONWebKey(
      json: Array(
        #"{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"}"#
          .utf8))
    let secret = try alice.key.sharedSecretFromKeyAgreement(with: bob.p256Agreement()).withUnsafeBytes { Array($0) }
    let key = ConcatKDF.derive(secret, algorithm: "A128GCM", partyU: Array("Alice".utf8), partyV: Array("Bob".utf8), bits: 128)
    #expect(Base64URL.encode(key) == "VqqN6vgjbSBcIijNcacQGg")
  }

  @Test func whatIsEncryptedToAKeyOpensWithIt() throws {
    let key = KeyAgreementKey.generate()
    let plaintext = Array("署名と証明書".utf8)
    let compact = try JSONWebEncryption.encrypt(plaintext, to: key.publicJWK, header: ["cty": "json", "apu": "QWxpY2U", "apv": "Qm9i"])
    let (header, opened) = try JSONWebEncryption.decrypt(compact, with: [KeyAgreementKey.generate(), key])
    #expect(opened == plaintext && header.keyID == key.kid && header.algorithm == "ECDH-ES" && header.encryption == "A256GCM")
    #expect(try JSONWebEncryption.encrypt(plaintext, to: key.publicJWK) != JSONWebEncryption.encrypt(plaintext, to: key.publicJWK))
    #expect(try JSONWebEncryption.keyID(of: compact) == key.kid)
  }

  @Test func anRSAKeyWorksToo() throws {
    let key = try DecryptionKey(pemRepresentation: _RSA.Encryption.PrivateKey(keySize: .bits2048).pemRepresentation)
    let compact = try JSONWebEncryption.encrypt([1, 2, 3], to: key.publicJWK)
    let (header, opened) = try JSONWebEncryption.decrypt(compact) { $0 == key.publicJWK.kid ? key : nil }
    #expect(opened == [1, 2, 3] && header.algorithm == "RSA-OAEP-256")
  }

  @Test func anyChangedCharacterIsNoticed() throws {
    let key = KeyAgreementKey.generate()
    let compact = Array(try JSONWebEncryption.encrypt(Array("payload".utf8), to: key.publicJWK).utf8)
    for index in compact.indices {
      var changed = compact
      changed[index] = changed[index] == 0x41 ? 0x42 : 0x41
      #expect(throws: JOSEError.self) { try JSONWebEncryption.decrypt(String(decoding: changed, as: UTF8.self), with: [key]) }
    }
  }

  @Test func anotherKeyOpensNothing() throws {
    let key = KeyAgreementKey.generate()
    let compact = try JSONWebEncryption.encrypt([1], to: key.publicJWK)
    #expect(throws: JOSEError.keyUnknown) { try JSONWebEncryption.decrypt(compact, with: [KeyAgreementKey.generate()]) }
    let impostor = try JSONWebEncryption.encrypt([1], to: KeyAgreementKey.generate().publicJWK.labelled(kid: key.kid, alg: nil, use: nil))
    #expect(throws: JOSEError.decryptionFailed) { try JSONWebEncryption.decrypt(impostor, with: [key]) }
  }

  @Test func otherAlgorithmsAreRefused() throws {
    let key = KeyAgreementKey.generate()
    for (algorithm, encryption) in [
      ("RSA1_5", "A256GCM"), ("RSA-OAEP", "A256GCM"), ("dir", "A256GCM"), ("ECDH-ES", "A128CBC-HS256"), ("PBES2-HS256+A128KW", "A256GCM"),
    ] {
      let header = Base64URL.encode(Array(#"{"alg":"\#(algorithm)","enc":"\#(encryption)","kid":"\#(key.kid)"}"#.utf8))
      let compact = [
        header, "", Base64URL.encode([UInt8](repeating: 0, count: 12)), "AA", Base64URL.encode([UInt8](repeating: 0, count: 16)),
      ].joined(separator: ".")
      #expect(throws: JOSEError.algorithmNotAllowed) { try JSONWebEncryption.decrypt(compact, with: [key]) }
    }
  }

  @Test func compressionIsRefused() throws {
    let key = KeyAgreementKey.generate()
    #expect(throws: JOSEError.extensionNotUnderstood) {
      try JSONWebEncryption.decrypt(JSONWebEncryption.encrypt([1], to: key.publicJWK, header: ["zip": "DEF"]), with: [key])
    }
  }

  @Test func aPointOffTheCurveIsRefused() throws {
    let key = KeyAgreementKey.generate()
    let header = Base64URL.encode(
      Array(
        #"{"alg":"ECDH-ES","enc":"A256GCM","kid":"\#(key.kid)","epk":{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}}"#
          .utf8))
    let compact = [
      header, "", Base64URL.encode([UInt8](repeating: 0, count: 12)), "AA", Base64URL.encode([UInt8](repeating: 0, count: 16)),
    ].joined(separator: ".")
    #expect(throws: JOSEError.keyInvalid) { try JSONWebEncryption.decrypt(compact, with: [key]) }
  }

  @Test func aSigningKeyEncryptsNothing() {
    #expect(throws: JOSEError.keyInvalid) { try JSONWebEncryption.encrypt([1], to: SigningKey.generate().publicJWK) }
  }

  @Test func theTooLargeIsRefused() {
    #expect(throws: JOSEError.tooLarge) {
      try JSONWebEncryption.decrypt(String(repeating: "A", count: JSONWebEncryption.maximumBytes + 1), with: [])
    }
  }

  @Test(arguments: [
    "", "....", "a.b.c.d.e", "e30....", "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSJ9....",
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSJ9.....",
  ])
  func theMalformedIsRefused(_ compact: String) {
    #expect(throws: JOSEError.self) { try JSONWebEncryption.decrypt(compact, with: [KeyAgreementKey.generate()]) }
  }
}
