/// The 15 points that the details of a consent to latest items have (最新の利用者情報提供; jpki.md §8), by the names that ``Notice/terms`` has for them.
public enum NoticePoint: String, Sendable, CaseIterable {
  /// 1: what J-LIS gives to the tenant by way of the operator, and that nothing is given while no certificate is valid.
  case whatIsProvided
  /// 2: what the operator gives on.
  case onwardProvision
  /// 3: the purpose of use, published.
  case purposeOfUse
  /// 4: disclosure on request: when and what was obtained; how to ask.
  case disclosure
  /// 5: how the consent is stored and deleted; that operator and J-LIS store it too.
  case storage
  /// 6: electronically only, signed with the signing certificate, which is not kept; per service.
  case electronicOnly
  /// 7: several services at once, each listed and agreed.
  case severalServices
  /// 8: from when and for how long it is valid, through any number of revocations, cancellable at any time.
  case validity
  /// 9: voluntary; no disadvantage.
  case voluntary
  /// 10: cancellation ends provision, per service, from the moment J-LIS has it.
  case cancellation
  /// 11: the end of the service.
  case endOfService
  /// 12: where to ask (authentication certificate) and to cancel (signing certificate).
  case whereToAskAndCancel
  /// 13: asking and cancelling by J-LIS's own client app.
  case sourceApplication
  /// 14: after that, consenting again at the tenant only.
  case consentingAgain
  /// 15: company, address, telephone.
  case contact

  /// The purpose that makes J-LIS part of a consent.
  public static let purpose = "latestItems"

  /// Its number among the 15.
  public var number: Int { (Self.allCases.firstIndex(of: self) ?? 0) + 1 }

  /// Points 2, 7, 11 and 14 stand there where they apply.
  public var isRequired: Bool {
    switch self {
    case .onwardProvision, .severalServices, .endOfService, .consentingAgain: false
    default: true
    }
  }

  /// What it is about, for refusals.
  private var subject: String {
    switch self {
    case .whatIsProvided: "what J-LIS provides, and when nothing is"
    case .onwardProvision: "what the operator gives on"
    case .purposeOfUse: "the purpose of use"
    case .disclosure: "disclosure on request"
    case .storage: "how the consent is stored and deleted"
    case .electronicOnly: "that it is given electronically only, with the signing certificate"
    case .severalServices: "several services at once"
    case .validity: "from when and for how long it is valid"
    case .voluntary: "that it is voluntary, without disadvantage"
    case .cancellation: "what a cancellation ends, and from when"
    case .endOfService: "the end of the service"
    case .whereToAskAndCancel: "where to ask and where to cancel"
    case .sourceApplication: "asking and cancelling by J-LIS's own application"
    case .consentingAgain: "consenting again"
    case .contact: "company, address and telephone"
    }
  }

  /// Refuses a notice for latest items that leaves out what it must say.
  ///
  /// - Throws: `Refusal`: `noticePointMissing`, `noticeControllerMissing`, `noticeItemsMissing`, each naming its field.
  static func check(_ draft: NoticeDraft) throws(Refusal) {
    guard draft.purposes.contains(purpose) else { return }
    for point in allCases where point.isRequired {
      guard draft.terms[point.rawValue]?.contains(where: { !$0.isWhitespace }) == true else {
        throw Refusal.field(
          "/terms/" + point.rawValue, "noticePointMissing",
          "A notice for latest items must say \(point.subject) (point \(point.number) of 15), as terms.\(point.rawValue).",
          nextStep: "Begin with the complete example that `yonjo notice template` prints.")
      }
    }
    guard draft.record.controller != nil else {
      throw Refusal.field(
        "/controller", "noticeControllerMissing", "A notice for latest items must name its controller.",
        nextStep: "Send name, address and contact of the company that answers for it.")
    }
    guard !draft.items.isEmpty else {
      throw Refusal.field(
        "/items", "noticeItemsMissing", "A notice for latest items must name items.", nextStep: "Name those that may be agreed to.")
    }
  }
}
