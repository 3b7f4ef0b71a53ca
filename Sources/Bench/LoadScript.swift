public import NIOCore

/// What the clients of one measurement send: whole HTTP/1.1 requests, ready made, so that the generator costs little beside what it measures.
public struct LoadScript: Sendable {
  /// The requests of each client; as many lists as there are clients.
  public var requests: [[ByteBuffer]]
  /// Whether a client begins again at its end (look-ups), or stops there (logins, each of which can be answered once).
  public var repeats: Bool
  /// How many requests a second all clients together begin at most; nil: each as soon as the one before was answered. At a given rate an answer's time counts
  /// from the moment at which its request was due, so that a server that stalls is not spared those that queue behind.
  public var ratePerSecond: Double?
  /// What a good answer's body holds; any other answer is counted as refused.
  public var marker: [UInt8]

  /// A script; see the properties.
  public init(requests: [[ByteBuffer]], repeats: Bool, marker: String, ratePerSecond: Double? = nil) {
    self.ratePerSecond = ratePerSecond
    self.requests = requests
    self.repeats = repeats
    self.marker = Array(marker.utf8)
  }

  /// One request with a JSON body, as bytes for the wire.
  public static func request(path: String, host: String, headers: [(String, String)], body: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeString("POST \(path) HTTP/1.1\r\nHost: \(host)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n")
    for (name, value) in headers { buffer.writeString("\(name): \(value)\r\n") }
    buffer.writeString("\r\n")
    buffer.writeBytes(body)
    return buffer
  }
}
