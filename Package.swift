// swift-tools-version: 6.2
import PackageDescription

// One settings list for every Swift target of ours.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdHTTP2: Target.Dependency = .product(name: "HummingbirdHTTP2", package: "hummingbird")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

// On request only: `--traits XMLSignatures`.
let xmlSignatures: TargetDependencyCondition? = .when(traits: ["XMLSignatures"])

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies + [arguments], swiftSettings: settings)
}
func tests(of name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

// From the ground up: an import only ever points down this list.
let rooms: [Target] = [
  .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
  .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
  .target(name: "COpenSSLShims", dependencies: ["COpenSSL"]),
  .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
  room("PostgreSQL", ["CLibPQ", logging]),
  room("CitizenItems", [crypto, cryptoExtras]),
  room("JOSE", [crypto, cryptoExtras]),
  room("StrictJSON", []),
  room("MerkleLog", [crypto]),
  room("JPKI", ["COpenSSL", "COpenSSLShims", "CitizenItems", .target(name: "CLibXML2", condition: xmlSignatures)]),
  room("JLIS", ["JPKI", "CitizenItems", httpClient, nioCore, nioHTTP1, nioSSL]),
  room(
    "Broker",
    [
      "PostgreSQL", "CitizenItems", "JOSE", "StrictJSON", "MerkleLog", "JPKI", "JLIS", crypto, cryptoExtras, nioCore, nioPosix, lifecycle,
      logging,
      metrics,
    ]),
  room(
    "BrokerAPI",
    [
      "Broker", "JOSE", "StrictJSON", "CitizenItems", "JPKI", hummingbird, hummingbirdTLS, hummingbirdHTTP2, nioCore, nioPosix, nioSSL,
      nioHTTP1,
      nioHTTP2, crypto, lifecycle,
      logging, metrics,
    ]),
  room(
    "ComplianceConsole",
    ["Broker", "JOSE", "CitizenItems", hummingbird, mustache, httpClient, nioCore, nioHTTP1, nioSSL, crypto, logging]),
  room("BrokerClient", ["JOSE", httpClient, nioCore, nioHTTP1, nioSSL, logging]),
  room("LedgerTool", ["BrokerClient", "CitizenItems", "JOSE", crypto, logging]),
  room(
    "Operations",
    ["Broker", "JOSE", "MerkleLog", "JPKI", "JLIS", "PostgreSQL", crypto, httpClient, nioCore, nioHTTP1, nioSSL, logging]),
  room(
    "JLISSimulator",
    [
      "JLIS", "CitizenItems", "JPKI", "JOSE", asn1, crypto, cryptoExtras, httpClient, hummingbird, hummingbirdTLS, nioCore, nioHTTP1,
      nioSSL, lifecycle, logging,
    ]),
  room("Story", ["BrokerClient", "CitizenItems", "JLISSimulator", "JOSE", "LedgerTool", crypto, httpClient, nioCore, logging]),
  room(
    "Bench",
    [
      "Story", "BrokerClient", "LedgerTool", "JLISSimulator", "JPKI", "CitizenItems", "JOSE", crypto,
      nioCore, nioPosix, nioSSL, nioTLS,
    ]),
  room("TestSupport", ["PostgreSQL", "CitizenItems", "JPKI", "Operations", logging]),
]

let programs: [Target] = [
  program(
    "yonjo",
    [
      "BrokerAPI", "ComplianceConsole", "Broker", "CitizenItems", "Operations", "JLIS", "JPKI", "JOSE", "PostgreSQL", configuration, crypto,
      httpClient, nioCore, nioHTTP1,
      nioSSL,
      lifecycle,
      unixSignals, logging, metrics,
    ]),
  program("yonjo-ledger", ["LedgerTool", "BrokerClient", "CitizenItems", "JOSE"]),
  program("jlis-simulator", ["JLISSimulator", "JPKI", "JOSE", lifecycle, unixSignals, logging]),
  program("yonjo-story", ["Story"]),
  program("yonjo-bench", ["Bench", "Story"]),
  // OpenSSL's own reader of lists, for Deploy/bench crl to put beside ours.
  .executableTarget(name: "openssl-crl", dependencies: ["COpenSSL"]),
]

// Only where they are asked for (YONJO_FUZZERS=1, as Deploy/fuzz does): they have no main of their own and link with libFuzzer alone.
func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: "Fuzz\(name)", dependencies: dependencies + ["FuzzSupport"], path: "Sources/Fuzzers/\(name)")
}
let fuzzers: [Target] =
  Context.environment["YONJO_FUZZERS"] == "1"
  ? [
    .target(name: "FuzzSupport", path: "Sources/Fuzzers/Support"),
    fuzzer("RevocationList", ["JPKI"]),
    fuzzer("OtherName", ["JPKI", "CitizenItems"]),
    fuzzer("DigestInfo", ["JPKI"]),
    fuzzer("OCSPAnswer", ["JPKI"]),
    fuzzer("CardEnvelope", ["JOSE"]),
  ] : []

let checks: [Target] =
  [
    tests(of: "PostgreSQLTests", ["PostgreSQL", "TestSupport", logging]),
    tests(of: "CitizenItemsTests", ["CitizenItems", crypto, cryptoExtras]),
    tests(of: "JOSETests", ["JOSE", crypto, cryptoExtras]),
    tests(of: "MerkleLogTests", ["MerkleLog", crypto]),
    // A second opinion on what JPKI reads, for its tests alone.
    .target(name: "OpenSSLOracle", dependencies: ["COpenSSL"], path: "Tests/OpenSSLOracle"),
    // The same for XML signatures, by xmlsec1; empty without the trait.
    .systemLibrary(name: "CXMLSec", path: "Tests/CXMLSec", pkgConfig: "xmlsec1-openssl", providers: [.apt(["libxmlsec1-dev"])]),
    .target(
      name: "XMLSecOracle", dependencies: [.target(name: "CXMLSec", condition: xmlSignatures)], path: "Tests/XMLSecOracle",
      cSettings: [.define("YONJO_XML_SIGNATURES", .when(traits: ["XMLSignatures"]))]),
    tests(
      of: "JPKITests",
      [
        "JPKI", "CitizenItems", "COpenSSL", "COpenSSLShims", "OpenSSLOracle", .target(name: "XMLSecOracle", condition: xmlSignatures),
      ]),
    tests(
      of: "JLISSimulatorTests",
      [
        "JLISSimulator", "JLIS", "JPKI", "CitizenItems", "JOSE", asn1, crypto, cryptoExtras, httpClient, nioCore, nioHTTP1, nioSSL,
        lifecycle,
        logging,
      ]),
    tests(
      of: "BrokerTests",
      [
        "Broker", "Operations", "MerkleLog", "TestSupport", "PostgreSQL", "CitizenItems", "JOSE", "JPKI", "JLIS", "JLISSimulator", crypto,
        logging,
      ]),
    tests(
      of: "ComplianceConsoleTests",
      [
        "ComplianceConsole", "Broker", "TestSupport", "JOSE", "JLIS", "JPKI", "PostgreSQL", "CitizenItems", mustache, hummingbird, nioCore,
        crypto, cryptoExtras, logging,
      ]),
    tests(
      of: "BrokerAPITests",
      [
        "BrokerAPI", "Broker", "Operations", "MerkleLog", "TestSupport", "JOSE", "StrictJSON", "JLIS", "JPKI", "CitizenItems", "PostgreSQL",
        crypto,
        hummingbird, httpClient,
        nioCore,
        nioPosix,
        nioSSL, nioHTTP1, lifecycle, logging, metrics,
      ]),
    tests(of: "BrokerClientTests", ["BrokerClient", "JOSE", nioCore, nioHTTP1, nioPosix]),
    tests(of: "LedgerToolTests", ["LedgerTool", "BrokerClient", "CitizenItems", "JOSE"]),
    tests(of: "OperationsTests", ["Operations", "JOSE", "JPKI", "PostgreSQL", "TestSupport", logging]),
    tests(of: "StoryTests", ["Story", "JLISSimulator", "JOSE"]),
    tests(of: "BenchTests", ["Bench", nioCore]),
    tests(
      of: "ScenarioTests",
      [
        "Story", "Broker", "TestSupport", "JLISSimulator", "JPKI", "PostgreSQL", "JOSE", "BrokerClient", "CitizenItems", "LedgerTool",
        crypto,
        httpClient,
        nioCore, nioHTTP1, nioSSL, logging,
      ]),
  ] + fuzzers

let package = Package(
  name: "Yonjo",
  traits: [.trait(name: "XMLSignatures", description: "Reads XML signatures too (libxml2; its tests: xmlsec1).")],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
    .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  ],
  targets: rooms + programs + checks)
