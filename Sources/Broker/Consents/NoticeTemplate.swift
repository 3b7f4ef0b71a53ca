internal import CitizenItems
internal import Foundation
internal import JOSE

/// A complete notice for latest items, with all 15 points, to begin with: names, addresses and numbers in it are invented and to be replaced.
/// It is an example, and no advice in law.
public enum NoticeTemplate: String, Sendable, CaseIterable {
  case japanese = "ja"
  case english = "en"

  /// The notice, ready for ``NoticeService/create(_:_:request:)``.
  public func draft(serviceID: String = "main") -> NoticeDraft {
    let text = self == .japanese ? Self.japaneseText : Self.englishText
    return NoticeDraft(
      noticeID: nil, serviceID: serviceID, language: rawValue, title: text.title, body: text.body,
      purposes: ["customerDueDiligence", NoticePoint.purpose], items: Item.allCases, validFor: "P10Y",
      withdrawalMethod: text.withdrawalMethod,
      terms: Dictionary(uniqueKeysWithValues: text.points.map { ($0.key.rawValue, $0.value) }), record: text.record)
  }

  /// The body of `POST /v1/notices`, indented for people.
  public func body(serviceID: String = "main") throws -> String {
    let draft = draft(serviceID: serviceID)
    var members: [String: JSONValue] = [
      "serviceId": .string(draft.serviceID), "language": .string(draft.language), "title": .string(draft.title),
      "body": .string(draft.body), "purposes": .array(draft.purposes.map { .string($0) }),
      "items": .array(draft.items.map { .string($0.rawValue) }), "validFor": .string(draft.validFor),
      "validityStart": .string(draft.record.validityStart.rawValue), "withdrawalMethod": .string(draft.withdrawalMethod),
      "terms": .object(draft.terms.mapValues { .string($0) }), "recipients": .array(draft.record.recipients.map { .string($0) }),
      "storageLocations": .array(draft.record.storageLocations.map { .string($0) }),
    ]
    if let retention = draft.record.retention { members["retention"] = .string(retention) }
    if let controller = draft.record.controller {
      members["controller"] = .object([
        "name": .string(controller.name), "address": .string(controller.address), "contact": .string(controller.contact),
      ])
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(JSONValue.object(members)), as: UTF8.self)
  }

  private struct Text {
    let title: String
    let body: String
    let withdrawalMethod: String
    let points: [NoticePoint: String]
    let record: NoticeRecord
  }

  private static let japaneseText = Text(
    title: "最新の利用者情報の提供についての同意",
    body: """
      架空銀行は、マイナンバーカードの署名用電子証明書が失効したとき、あなたの最新の住所などを、地方公共団体情報システム機構（J-LIS）から\
      プラットフォーム事業者を通じて受け取りたいと考えています。同意するかどうかは自由です。同意する情報は一つずつ選べます。
      """,
    withdrawalMethod: "アプリの「同意の管理」、窓口、またはJ-LISの利用者クライアントソフトから、いつでも取り消せます。",
    points: [
      .whatIsProvided:
        "J-LISは、あなたが同意した項目（氏名・住所・生年月日・性別）の最新の情報を、プラットフォーム事業者を通じて当行に提供します。有効な署名用電子証明書がない間は、何も提供されません。",
      .onwardProvision: "プラットフォーム事業者は、受け取った情報を当行のほかに提供せず、引き渡した後ただちに消去します。",
      .purposeOfUse: "お客さま情報を最新に保つため、および法令に基づく取引時確認のために利用します。利用目的は当行のウェブサイトで公表しています。",
      .disclosure: "いつ、どの情報を取得したかの開示を請求できます。本人確認のうえ、所定の書式で受け付け、手数料は無料、二週間以内に書面でお答えします。",
      .storage: "同意の記録は当行が保存し、必要がなくなれば消去します。プラットフォーム事業者とJ-LISも同意の記録を保存します。",
      .electronicOnly: "同意は電子的な方法に限り、署名用電子証明書による電子署名で行います。署名と電子証明書は、J-LISに届いた後は保存しません。同意はサービスごとに行います。",
      .severalServices: "複数のサービスについて同時に同意する場合は、サービスごとに一覧で示し、それぞれについて同意を求めます。",
      .validity: "同意は、同意した日（J-LISが受け取った日）の翌日から10年間有効です。その間に電子証明書が何度失効しても有効で、いつでも取り消せます。",
      .voluntary: "同意は任意です。同意しなくても、不利益はありません。",
      .cancellation: "取り消すと、J-LISが取消しを受け付けた時から、そのサービスへの提供が終わります。取消しはサービスごとに行います。",
      .endOfService: "当行がこのサービスを終えるときは、事前にお知らせし、同意は終了します。",
      .whereToAskAndCancel: "同意の状況は利用者証明用電子証明書で照会でき、取消しは署名用電子証明書で行えます。どちらもアプリの「同意の管理」から行えます。",
      .sourceApplication: "J-LISの利用者クライアントソフトでも、照会と取消しができます。",
      .consentingAgain: "取り消した後にもう一度同意するときは、当行で手続きをしてください。",
      .contact: "架空銀行　お客さま相談室　東京都架空区見本町１－２－３　電話 03-0000-0000（平日9時から17時）",
    ],
    record: NoticeRecord(
      controller: NoticeController(name: "架空銀行", address: "東京都架空区見本町１－２－３", contact: "03-0000-0000"),
      recipients: ["プラットフォーム事業者（委託先）", "地方公共団体情報システム機構（J-LIS）"], storageLocations: ["JP"],
      retention: "同意の終了から7年"))

  private static let englishText = Text(
    title: "Consent to receiving your latest information",
    body: """
      When the signing certificate of your My Number Card ends, Example Bank would like to receive your latest address and other items from J-LIS, \
      by way of its platform operator. You are free to agree or not, item by item.
      """,
    withdrawalMethod: "At any time: in the app under “My consents”, at a branch, or with J-LIS's own client software.",
    points: [
      .whatIsProvided:
        "J-LIS provides the latest of the items that you agree to (name, address, date of birth, sex) to us by way of the platform operator. Nothing is provided while you have no valid signing certificate.",
      .onwardProvision: "The platform operator gives what it receives to nobody but us, and erases it as soon as it is handed over.",
      .purposeOfUse:
        "To keep our customer records current, and to verify customers as the law asks. The purposes are published on our web site.",
      .disclosure:
        "You may ask when we obtained which items. We verify your identity, take the request on our form, charge nothing, and answer in writing within two weeks.",
      .storage:
        "We store the record of your consent and erase it when it is no longer needed. The platform operator and J-LIS store it too.",
      .electronicOnly:
        "You consent electronically only, by a signature with the signing certificate. Neither signature nor certificate is kept once J-LIS has them. Each service has a consent of its own.",
      .severalServices: "Where several services ask at once, each is listed, and you agree to each.",
      .validity:
        "Your consent is valid for ten years from the day after the day on which you give it (the day on which J-LIS has it), through any number of revocations of your certificate. You may cancel it at any time.",
      .voluntary: "You need not agree. If you do not, you have no disadvantage.",
      .cancellation: "A cancellation ends the provision to that service from the moment J-LIS has it. You cancel service by service.",
      .endOfService: "Should we end this service, we tell you beforehand, and your consent ends with it.",
      .whereToAskAndCancel:
        "You can look at your consents with the authentication certificate and cancel them with the signing certificate, in the app under “My consents”.",
      .sourceApplication: "J-LIS's own client software lets you look at them and cancel them, too.",
      .consentingAgain: "To consent again after a cancellation, please come back to us.",
      .contact: "Example Bank, Customer Relations, 1-2-3 Mihon-cho, Kaku-ku, Tokyo; telephone 03-0000-0000 (weekdays, 9 to 17 h)",
    ],
    record: NoticeRecord(
      controller: NoticeController(name: "Example Bank", address: "1-2-3 Mihon-cho, Kaku-ku, Tokyo", contact: "03-0000-0000"),
      recipients: ["Platform operator (processor)", "J-LIS"], storageLocations: ["JP"], retention: "Seven years after the consent's end"))
}
