/// Every setting: its key in the JSON file; in the environment `YONJO_` and the same in capitals, words joined by underscores.
enum SettingKey: String, CaseIterable {
  case databaseURL = "database.url"
  case databaseConnections = "database.connections"
  case databaseCheckedOut = "database.checkedOut"
  case jobsDatabaseURL = "jobs.database.url"
  case operatorDatabaseURL = "operator.database.url"
  case ownerDatabaseURL = "owner.database.url"
  case rootKeyFile = "rootKeyFile"
  case issuer
  case host
  case port
  case tlsCertificateFile = "tls.certificateFile"
  case tlsKeyFile = "tls.keyFile"
  case tlsClientAuthoritiesFile = "tls.clientAuthoritiesFile"
  case trustEnvironment = "trust.environment"
  case trustDirectory = "trust.directory"
  case trustProfileVersions = "trust.profileVersions"
  case trustPolicies = "trust.policies"
  case jlisURL = "jlis.url"
  case jlisRevocationURL = "jlis.revocationUrl"
  case jlisTrustFile = "jlis.trustFile"
  case jlisCertificateFile = "jlis.certificateFile"
  case jlisKeyFile = "jlis.keyFile"
  case ocspMethod = "ocsp.method"
  case ocspCertIDHash = "ocsp.certIdHash"
  case ocspNonce = "ocsp.nonce"
  case ocspNonceBytes = "ocsp.nonceBytes"
  case ocspClockSkewSeconds = "ocsp.clockSkewSeconds"
  case ocspMaximumAgeSeconds = "ocsp.maximumAgeSeconds"
  case ocspTimeoutMilliseconds = "ocsp.timeoutMilliseconds"
  case ocspCacheEntries = "ocsp.cacheEntries"
  case ocspCertificateFile = "ocsp.certificateFile"
  case ocspKeyFile = "ocsp.keyFile"
  case consoleProviderTrustFile = "console.providerTrustFile"
  case migrationsDirectory = "migrationsDirectory"
  case revocationMinutes = "revocation.minutes"
  case revocationDirectory = "revocation.directory"
  case revocationListDirectory = "revocation.listDirectory"
  case revocationMaximumShrinkPercent = "revocation.maximumShrinkPercent"
  case evidencePublicKeyFile = "evidence.publicKeyFile"
  case evidenceApproversDirectory = "evidence.approversDirectory"
  case timeStampURL = "timeStamp.url"
  case timeStampTrustFile = "timeStamp.trustFile"
  case timeStampMinutes = "timeStamp.minutes"
  case workThreads = "workThreads"
  case worksOnEventLoops = "worksOnEventLoops"
  case logLevel = "log.level"
  case logRequests = "log.requests"
  case limitsConcurrentRequests = "limits.concurrentRequests"
  case limitsConnections = "limits.connections"
  case limitsIdleSeconds = "limits.idleSeconds"
  case limitsRequestSeconds = "limits.requestSeconds"
  case limitsShutdownSeconds = "limits.shutdownSeconds"
  case limitsDocumentBytes = "limits.documentBytes"
  case limitsDocumentSeconds = "limits.documentSeconds"

  /// Where nothing was set.
  var fallback: String? {
    switch self {
    case .databaseConnections: "8"
    case .databaseCheckedOut: "8"
    case .host: "127.0.0.1"
    case .port: "8443"
    case .trustEnvironment: "production"
    case .trustProfileVersions: "rsa2048"
    case .ocspMethod: "post"
    case .ocspCertIDHash: "sha1"
    case .ocspNonce: "required"
    case .ocspNonceBytes: "32"
    case .ocspClockSkewSeconds: "60"
    case .ocspMaximumAgeSeconds: "900"
    case .ocspTimeoutMilliseconds: "5000"
    case .ocspCacheEntries: "10000"
    case .migrationsDirectory: "Migrations"
    case .revocationMinutes: "15"
    case .revocationMaximumShrinkPercent: "10"
    case .timeStampMinutes: "60"
    case .workThreads: "2"
    case .worksOnEventLoops: "true"
    case .logLevel: "info"
    case .logRequests: "true"
    case .limitsConcurrentRequests: "512"
    case .limitsConnections: "4096"
    case .limitsIdleSeconds: "60"
    case .limitsRequestSeconds: "20"
    case .limitsShutdownSeconds: "20"
    case .limitsDocumentBytes: "33554432"
    case .limitsDocumentSeconds: "120"
    default: nil
    }
  }

  /// Holds a password, so only what surrounds it is shown.
  var isDatabaseURL: Bool {
    switch self {
    case .databaseURL, .jobsDatabaseURL, .operatorDatabaseURL, .ownerDatabaseURL: true
    default: false
    }
  }

  /// What `yonjo serve` cannot do without.
  var isNeededToServe: Bool {
    switch self {
    case .databaseURL, .rootKeyFile, .issuer, .trustDirectory, .jlisURL, .jlisRevocationURL, .jlisTrustFile, .jlisCertificateFile,
      .jlisKeyFile:
      true
    default: false
    }
  }

  /// Its name in the environment.
  var variable: String {
    var name = "YONJO_"
    var last: Character = "_"
    for character in rawValue {
      if character.isUppercase, last.isLowercase { name.append("_") }
      name.append(character == "." ? "_" : Character(character.uppercased()))
      last = character
    }
    return name
  }
}
