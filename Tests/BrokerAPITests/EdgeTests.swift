import Foundation
import Testing

@testable import Broker
@testable import BrokerAPI

@Suite("The edge's small parts")
struct EdgeTests {
  @Test("a valid traceparent names the request")
  func traceparent() {
    #expect(RequestID.from(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") == "4bf92f3577b34da6a3ce929d0e0e4736")
  }

  @Test(
    "any other traceparent is not believed",
    arguments: [
      nil, "", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e473\"-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
    ])
  func otherTraceparents(header: String?) {
    let id = RequestID.from(traceparent: header)
    #expect(id.count == 32 && id.allSatisfy { $0.isHexDigit } && id != "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(RequestID.from(traceparent: header) != id)
  }

  @Test(
    "each kind of refusal has its status",
    arguments: [
      (Refusal.Kind.invalid, 400), (.unauthenticated, 401), (.forbidden, 403), (.notFound, 404), (.conflict, 409), (.tooLarge, 413),
      (.unprocessable, 422), (.tooMany(retryAfterSeconds: 7), 429), (.unavailable, 503),
    ])
  func statuses(kind: Refusal.Kind, status: Int) {
    #expect(Problem(Refusal(kind, "someCode", "A sentence.", nextStep: "A step.")).status == status)
  }

  @Test("a refusal becomes a problem document with code, sentence, next step and pointer")
  func problemDocument() throws {
    var problem = Problem(Refusal.field("/origin", "originNotRegistered", "The origin is not registered.", nextStep: "Register it."))
    problem.instance = "urn:yonjo:request:x"
    #expect(
      String(decoding: try AnswerEncoder.encode(problem), as: UTF8.self)
        == #"{"type":"urn:yonjo:problem:originNotRegistered","title":"The request was understood and refused","status":422,"#
        + #""detail":"The origin is not registered. Register it.","code":"originNotRegistered","instance":"urn:yonjo:request:x","#
        + #""errors":[{"pointer":"/origin","detail":"The origin is not registered."}]}"#)
  }

  @Test("a path that exists under other methods is told apart from one that does not")
  func allowedMethods() {
    let table = RouteTable([
      ("/v1/consents", "GET"), ("/v1/consents", "POST"), ("/v1/consents/{id}", "GET"), ("/v1/consents/search", "POST"),
      ("/v1/pairs/{id}", "DELETE"),
    ])
    #expect(table.methods(at: "/v1/consents") == ["GET", "POST"])
    #expect(table.methods(at: "/v1/consents/con_x") == ["GET"])
    #expect(table.methods(at: "/v1/consents/search") == ["POST"])
    #expect(table.methods(at: "/v1/pairs/p") == ["DELETE"])
    #expect(table.methods(at: "/v1/nothing") == [])
  }

  @Test("admission counts what is inside and refuses one too many")
  func admission() {
    let admission = Admission(limit: 2)
    #expect(admission.enter() && admission.enter())
    #expect(!admission.enter())
    admission.leave()
    #expect(admission.enter())
    #expect(admission.count == 2)
  }
}

@Suite("Form bodies of the token endpoint")
struct FormFieldsTests {
  private func fields(_ text: String) -> FormFields? { Array(text.utf8).withUnsafeBytes { FormFields($0) } }

  @Test("fields are decoded; an empty one is one that was not sent")
  func decodes() throws {
    let form = try #require(fields("grant_type=client_credentials&scope=login+consents%3aread&empty=&flag"))
    #expect(form["grant_type"] == "client_credentials")
    #expect(form["scope"] == "login consents:read")
    #expect(form["empty"] == nil && form["flag"] == nil && form["absent"] == nil)
  }

  @Test("what is no form, or names a field twice, is refused", arguments: ["a=1&a=2", "a=%zz", "a=%4", "a=%", "a=%c3%28"])
  func refuses(text: String) { #expect(fields(text) == nil) }
}
