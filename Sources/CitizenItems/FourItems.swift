/// The four items as a signing certificate certifies them. They live in memory for one request and print as `<redacted>`; not `Codable` on purpose.
public struct FourItems: Redacted, Equatable {
  /// 氏名, with its substitute flags.
  public let name: CertifiedText
  /// 住所, with its substitute flags.
  public let address: CertifiedText
  /// 生年月日
  public let dateOfBirth: DateOfBirth
  /// 性別
  public let sex: Sex

  /// Joins four items that have been parsed already.
  public init(name: CertifiedText, address: CertifiedText, dateOfBirth: DateOfBirth, sex: Sex) {
    self.name = name
    self.address = address
    self.dateOfBirth = dateOfBirth
    self.sex = sex
  }
}
