import Testing

@testable import JOSE

/// Values that are read, written and read again.
struct JSONValueTests {
  /// The last four were found by fuzzing: beyond 2⁵³ Foundation reads one text as different numbers, depending on the type it is asked for.
  @Test(
    arguments: [
      "0", "-0", "-0.0", "1", "1.0", "1e3", "1.5", "-7", "9007199254740991", "-9007199254740991", "4503599627370497.5", "1e300", "5e-324",
      "9007199254740993", "66666660739205056.5", "66666660739205056.07562056057518066577", "6666666607392056056578",
    ])
  func whatIsReadIsWrittenAndReadsBackAsTheSame(_ text: String) throws {
    let value = try JSONValue(parsing: Array("[\(text)]".utf8))
    #expect(try JSONValue(parsing: value.serialized()) == value)
    #expect(
      value[0]
        == (Double(text)?.magnitude ?? 0 < 0x1p53 && Double(text)?.rounded() == Double(text)
          ? .integer(Int64(Double(text) ?? 0)) : .number(Double(text) ?? .nan)))
  }
}
