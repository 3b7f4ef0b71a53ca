import CitizenItems
public import Foundation
import JOSE

/// A tag key made for a measurement, as `GET /v1/tag-keys` would hand it over, so that `yonjo-ledger` works without a broker.
public enum BenchTagKeys {
  /// An answer of `/v1/tag-keys` with one random key, wrapped to the public half of a private key in PEM.
  ///
  /// - Throws: `JOSEError` where the PEM is no key to which a key can be wrapped.
  public static func answer(registeredKeyPEM: String) throws -> Data {
    let registered = try DecryptionKey(pemRepresentation: registeredKeyPEM)
    let key = try EdgeKey.generate(version: 1)
    let plaintext: JSONValue = ["kty": "oct", "k": .string(Base64URL.encode(key.bytes)), "version": 1]
    let version: JSONValue = [
      "version": 1, "ruleset": .integer(Int64(CanonicalForm.ruleset)), "fingerprint": .string(key.fingerprint),
      "key": .string(try JSONWebEncryption.encrypt(try plaintext.serialized(), to: registered.publicJWK)),
    ]
    return Data(try JSONValue.object(["scheme": "hmac", "versions": .array([version])]).serialized())
  }
}
