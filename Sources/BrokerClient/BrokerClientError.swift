/// Why a request got no answer from the broker's API. A problem that the broker describes is an answer, not one of these.
public enum BrokerClientError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The URL is not `https://…`, a PEM text cannot be read, or the like: what is wrong.
  case configuration(String)
  /// No connection, or it was lost, after all attempts. Host and port.
  case unreachable(String)
  /// TLS could not be agreed on: most often the broker's certificate is not vouched for by the authorities given. Host and port.
  case notTrusted(String)
  /// No answer in time, after all attempts. Host and port.
  case timedOut(String)
  /// The token endpoint refused the client: OAuth's error code.
  case tokenRefused(String)
  /// The answer is longer than the limit.
  case answerTooLarge
  /// The answer is not what the contract says.
  case answerMalformed
  /// The body of an upload could not be read.
  case bodyUnreadable
  /// The task was cancelled.
  case cancelled

  /// A sentence for people, and what to do next.
  public var description: String {
    switch self {
    case .configuration(let what): what
    case .unreachable(let host): "The broker at \(host) cannot be reached. Check the address, and that the broker is running."
    case .notTrusted(let host): "No secure connection to \(host): its certificate is not vouched for. Name the authority that signed it."
    case .timedOut(let host): "The broker at \(host) does not answer in time. Try again later."
    case .tokenRefused(let code): "The broker refuses the client (\(code)). Check the client id, and that this key is registered for it."
    case .answerTooLarge: "The broker's answer is longer than the limit."
    case .answerMalformed: "The broker's answer is not what the contract says. Are broker and program of the same age?"
    case .bodyUnreadable: "What was to be sent cannot be read."
    case .cancelled: "The request was cancelled."
    }
  }

  /// Whether a part is down, rather than something being wrong with the request.
  public var isOutage: Bool {
    switch self {
    case .unreachable, .timedOut: true
    default: false
    }
  }
}
