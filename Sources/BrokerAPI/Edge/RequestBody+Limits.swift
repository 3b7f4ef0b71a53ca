import HTTPTypes
import Hummingbird
import NIOCore
import StrictJSON

extension Request {
  /// The whole body, of the wanted media type and at most `limit` bytes.
  func collected(upTo limit: Int, as mediaType: String = "application/json") async throws -> ByteBuffer {
    try require(mediaType: mediaType)
    // Known to be too large: nothing of it is read.
    if let announced = headers[.contentLength].flatMap({ Int($0) }), announced > limit { throw Problem.contentTooLarge(limit) }
    do {
      return try await body.collect(upTo: limit)
    } catch is NIOTooManyBytesError {
      throw Problem.contentTooLarge(limit)
    }
  }

  /// Refuses a body of another media type; parameters of the type (charset) are not looked at.
  func require(mediaType: String) throws(Problem) {
    let given = headers[.contentType]
    // Nearly always it is just that.
    if given == mediaType { return }
    guard given?.prefix(while: { $0 != ";" }).filter({ $0 != " " }).lowercased() == mediaType else {
      throw Problem.unsupportedMediaType(mediaType)
    }
  }

  /// A strictly decoded JSON body.
  func decoded<Body: Decodable>(_ type: Body.Type, upTo limit: Int) async throws -> (body: Body, bytes: ByteBuffer) {
    let buffer = try await collected(upTo: limit)
    let body = try buffer.withUnsafeReadableBytes { try StrictDecoder.decode(Body.self, from: $0) }
    if let bounded = body as? any Bounded {
      var bounds = Bounds()
      bounded.check(&bounds)
      guard bounds.faults.isEmpty else { throw JSONFaults(bounds.faults) }
    }
    return (body, buffer)
  }
}
