import Broker
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// What is known of a request beside its bytes.
struct BrokerRequestContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Trace id of the caller, or our own.
  var requestID = ""
  /// Thumbprint of the client certificate, where one was shown and verified.
  var peerThumbprint: String?
  /// What the handlers learn and the request's log line tells.
  let record = RequestRecord()

  /// The address at the other end of the connection; empty where there is none.
  let remoteAddress: String

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    // A stream of HTTP/2 has the address of its connection.
    let address = source.channel.remoteAddress ?? source.channel.parent?.remoteAddress
    remoteAddress = address?.ipAddress ?? ""
  }
}

/// Filled in while a request is worked on, read once it is answered.
final class RequestRecord: Sendable {
  private struct State {
    var tenant: String?
    var allowance: RateStanding?
    var page: String?
  }
  private let state = Mutex(State())

  /// The tenant's id, once the token is verified.
  var tenant: String? {
    get { state.withLock { $0.tenant } }
    set { state.withLock { $0.tenant = newValue } }
  }

  /// What is left of the allowance that this request was counted against, if any.
  var allowance: RateStanding? {
    get { state.withLock { $0.allowance } }
    set { state.withLock { $0.allowance = newValue } }
  }

  /// The route of a page that another room served; nil for all else.
  var page: String? {
    get { state.withLock { $0.page } }
    set { state.withLock { $0.page = newValue } }
  }
}
