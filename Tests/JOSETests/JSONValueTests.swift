import Testing

@testable import JOSE

/// Values that are read, written and read again.
struct JSONValueTests {
  static let numbers: [(String, JSONValue)] = [
    ("0", .integer(0)), ("-0", .integer(0)), ("-0.0", .integer(0)), ("1.0", .integer(1)), ("1e3", .integer(1000)), ("1.5", .number(1.5)),
    ("-7", .integer(-7)), ("2251799813685249.5", .number(2251799813685249.5)), ("1e300", .number(1e300)),
    ("9007199254740993", .integer(9_007_199_254_740_993)), ("9223372036854775807", .integer(.max)),
    ("9223372036854775808", .number(0x1p63)),
    // Found by fuzzing: Foundation writes the second as 6.666666073920506e+16, which it reads as another whole number.
    ("66666660739205056.5", .integer(66_666_660_739_205_056)),
    ("66666660739205056.07562056057518066577", .integer(66_666_660_739_205_056)),
    ("6666666607392056056578", .number(6.666666607392056e21)),
  ]

  @Test(arguments: numbers)
  func whatIsReadIsWrittenAndReadsBackAsTheSame(_ text: String, _ expected: JSONValue) throws {
    let value = try JSONValue(parsing: Array("[\(text)]".utf8))
    #expect(value == [expected])
    #expect(try JSONValue(parsing: value.serialized()) == value)
  }
}
