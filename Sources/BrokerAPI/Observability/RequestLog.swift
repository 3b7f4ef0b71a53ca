import Foundation
import HTTPTypes
import Logging

/// One line a request: method, route template (never the path), status, time, tenant, request id. Nothing else is known here, so nothing else can leak.
struct RequestLog: Sendable {
  let sink: LogSink
  let isOn: Bool

  func write(method: HTTPRequest.Method, route: String, status: Int, micros: Int64, tenant: String?, requestID: String) {
    guard isOn else { return }
    var text = JSONText(capacity: 256)
    text.raw("{\"time\":")
    text.string(RFC3339.text(Date()))
    text.raw(",\"level\":\"info\",\"message\":\"request\",\"method\":")
    text.string(method.rawValue)
    text.raw(",\"route\":")
    text.string(route)
    text.raw(",\"status\":")
    text.integer(status)
    text.raw(",\"micros\":")
    text.integer(micros)
    if let tenant {
      text.raw(",\"tenant\":")
      text.string(tenant)
    }
    text.raw(",\"requestId\":")
    text.string(requestID)
    text.byte(UInt8(ascii: "}"))
    sink.write(text.bytes)
  }
}
