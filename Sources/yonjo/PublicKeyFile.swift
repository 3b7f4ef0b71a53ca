import Foundation
import JOSE

/// Public keys as operators hand them over: a PEM SubjectPublicKeyInfo or a JWK.
enum PublicKeyFile {
  /// A key without a name is named by its thumbprint (RFC 7638), as clients name theirs.
  static func read(_ path: String) throws(CommandFailure) -> JSONWebKey {
    var key = try parse(path)
    if key.kid == nil { key.kid = key.thumbprint }
    return key
  }

  private static func parse(_ path: String) throws(CommandFailure) -> JSONWebKey {
    let text = try text(of: path)
    guard !text.contains("PRIVATE KEY") else {
      throw CommandFailure(
        .badUse, "\(path) holds a private key.", nextStep: "Hand over the public half alone: openssl pkey -in FILE -pubout.")
    }
    if text.contains("-----BEGIN") {
      do throws(JOSEError) {
        return try JSONWebKey(pemRepresentation: text)
      } catch {
        throw CommandFailure(
          .badUse, "\(path) is no public key of a kind that is taken.", nextStep: "EC P-256 or P-384, or RSA of 2048…4096 bits.")
      }
    }
    guard let key = try? JSONDecoder().decode(JSONWebKey.self, from: Data(text.utf8)) else {
      throw CommandFailure(.badUse, "\(path) is neither PEM nor a JWK.")
    }
    return key
  }
}
