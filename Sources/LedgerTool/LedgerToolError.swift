public import BrokerClient

/// Why a command of the ledger program ends before its work is done. Carries no item.
public enum LedgerToolError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A file cannot be read: its name.
  case unreadable(String)
  /// A file cannot be written: its name.
  case unwritable(String)
  /// A file is empty, where a header was expected: its name.
  case noHeader(String)
  /// A column is missing: the names that it may have.
  case columnMissing([String])
  /// A file's header is no text in the encoding given: its name.
  case notText(String)
  /// The mapping of columns cannot be used: the name of its file, and why.
  case mappingMalformed(String, String)
  /// A key file holds no key that can be used: its name.
  case keyFileMalformed(String)
  /// An option that the command needs is missing: its name.
  case optionMissing(String)
  /// The answer with the tag keys is not what the contract says.
  case tagKeysMalformed
  /// The tag keys were wrapped to another key than the registered one given.
  case tagKeysNotOpened
  /// A tag key differs from its fingerprint.
  case fingerprintDiffers(version: Int)
  /// The broker uses a ruleset that this program does not know.
  case rulesetUnknown(Int)
  /// The tenant's scheme is not one that this program can tag with.
  case schemeUnknown(String)
  /// The broker's evaluation was not made under the published key of this version.
  case evaluationNotProven(version: Int)
  /// No key is live.
  case noLiveKey
  /// More customers seem to have left than may be, as if the new file were not whole: how many, and of how many.
  case tooManyLeft(Int, of: Int)
  /// The file has changed since a push of it was cut: the name of the state file.
  case fileChanged(state: String)
  /// The state of a push that was cut cannot be read: the name of its file.
  case stateMalformed(String)
  /// The broker refuses.
  case refused(BrokerProblem)
  /// No answer.
  case client(BrokerClientError)
  /// The job was not done in time: its id. Nothing is lost.
  case notDoneYet(job: String)

  /// A sentence for people, and what to do next.
  public var description: String {
    switch self {
    case .unreadable(let file): "\(file) cannot be read."
    case .unwritable(let file): "\(file) cannot be written."
    case .noHeader(let file): "\(file) has no header line."
    case .columnMissing(let names):
      "A column is missing. It may be called \(names.joined(separator: ", ")); other names go into a mapping file (--columns)."
    case .notText(let file): "\(file) is no text in the encoding given. Name the right one: --encoding utf-8 or --encoding cp932."
    case .mappingMalformed(let file, let reason):
      "\(file) is not a mapping: \(reason). It is a JSON object such as {\"name\": \"KANJI_NAME\", \"ref\": \"CUSTOMER\"}."
    case .keyFileMalformed(let file): "\(file) holds no private key in PEM that fits."
    case .optionMissing(let name): "\(name) is missing. Give it, or set \(Self.variable(for: name))."
    case .tagKeysMalformed: "The tag keys are not what the contract says. Are broker and program of the same age?"
    case .tagKeysNotOpened: "The tag keys are wrapped to another key. Give the private key whose public half is registered for the tenant."
    case .fingerprintDiffers(let version): "Tag key version \(version) differs from its fingerprint. Do not use it; ask the operator."
    case .rulesetUnknown(let ruleset): "The broker asks for ruleset \(ruleset), which this program does not know. Install a newer one."
    case .schemeUnknown(let scheme): "The tenant's scheme is \(scheme), with which this program cannot tag from a file."
    case .evaluationNotProven(let version):
      "The broker does not prove that it evaluated under tag key version \(version). No tag was taken of it; ask the operator."
    case .noLiveKey: "The tenant has no live tag key. Ask the operator."
    case .tooManyLeft(let left, let old):
      "\(left) of \(old) customers would have left. Is the new file whole? If it is, say so: --leaving-limit \(left)."
    case .fileChanged(let state):
      "The file has changed since its push was cut. Restore it and push again, or remove \(state) to begin anew."
    case .stateMalformed(let file):
      "\(file) is not the state of a push. Remove it to begin anew; what the broker has of the earlier push it then takes again."
    case .refused(let problem): "The broker refuses: \(problem)"
    case .client(let error): error.description
    case .notDoneYet(let job): "Job \(job) is not done yet. It goes on at the broker; push the same file again to see its end."
    }
  }

  /// 1 refused, 2 bad use, 3 a part is down.
  public var exitCode: Int32 {
    switch self {
    case .unreadable, .unwritable, .noHeader, .notText, .columnMissing, .mappingMalformed, .keyFileMalformed, .optionMissing: 2
    case .client(let error):
      switch error {
      case .configuration: 2
      case .unreachable, .timedOut, .notTrusted: 3
      default: 1
      }
    case .refused(let problem): problem.status >= 500 || problem.status == 429 ? 3 : 1
    case .notDoneYet: 3
    default: 1
    }
  }

  private static func variable(for option: String) -> String {
    "YONJO_LEDGER_" + option.drop { $0 == "-" }.uppercased().replacing("-", with: "_")
  }
}
