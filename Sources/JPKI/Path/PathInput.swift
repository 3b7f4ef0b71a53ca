/// What a file handed in for a certification path is.
public enum PathInput: String, Sendable, Hashable, CaseIterable {
  /// The certificate whose path is looked for.
  case certificate
  /// A certificate that may stand between it and an anchor; trusted by nobody.
  case intermediate
  /// A self-signed root at which a path may end.
  case anchor
  /// A revocation list: full, indirect or delta.
  case revocationList

  /// Largest certificate, or all revocation lists of one path together, in bytes.
  ///
  /// OpenSSL takes some twenty times a list's size in memory: lists of national scale are for `yonjo crl inspect` and `yonjo revocation sync`.
  public var maximumBytes: Int {
    switch self {
    case .certificate, .intermediate, .anchor: 64 * 1024
    case .revocationList: 64 * 1024 * 1024
    }
  }

  /// How many of them one path takes.
  public var maximumCount: Int {
    switch self {
    case .certificate: 1
    case .intermediate, .revocationList: 512
    case .anchor: 64
    }
  }

  /// The label of RFC 7468 that they bear in PEM.
  var label: String {
    switch self {
    case .certificate, .intermediate, .anchor: "CERTIFICATE"
    case .revocationList: "X509 CRL"
    }
  }

  var noun: String {
    switch self {
    case .certificate: "certificate"
    case .intermediate: "intermediate"
    case .anchor: "anchor"
    case .revocationList: "revocation list"
    }
  }
}

/// Why a path was not looked for. Positions count from one, over all files of a kind in their order.
public enum PathInputError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Neither DER nor PEM with the label wanted.
  case empty(PathInput)
  /// PEM whose lines are not Base64, or whose last line is missing.
  case armor(PathInput)
  /// Larger than `maximumBytes`.
  case tooLarge(PathInput)
  /// More than `maximumCount`.
  case tooMany(PathInput)
  /// OpenSSL cannot read it, or bytes follow it.
  case malformed(PathInput, position: Int)
  /// An anchor that did not sign itself.
  case anchorNotSelfSigned(position: Int)
  /// OpenSSL had no memory.
  case outOfMemory

  /// A sentence for whoever handed it in.
  public var description: String {
    switch self {
    case .empty(let input): "There is no \(input.noun) in it: neither DER nor PEM labelled \(input.label)."
    case .armor(let input): "The PEM of a \(input.noun) is damaged."
    case .tooLarge(.revocationList): "Revocation lists of more than \(PathInput.revocationList.maximumBytes) bytes together are not taken."
    case .tooLarge(let input): "A \(input.noun) of more than \(input.maximumBytes) bytes is not taken."
    case .tooMany(let input): "More than \(input.maximumCount) of one kind (\(input.noun)) are not taken."
    case .malformed(let input, let position): "The \(input.noun) at position \(position) cannot be read."
    case .anchorNotSelfSigned(let position): "The anchor at position \(position) is not self-signed: hand it in as an intermediate."
    case .outOfMemory: "There is not enough memory to look for a path."
    }
  }
}
