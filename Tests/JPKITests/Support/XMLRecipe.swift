#if XMLSignatures
  import Foundation
  import JPKI

  /// An XML signature to be made, every part of which a test may spoil. SignedInfo is written as its own exclusive canonical form, so that no
  /// canonicalization but the one under test takes part.
  struct XMLRecipe {
    static let ds = "http://www.w3.org/2000/09/xmldsig#"
    static let more = "http://www.w3.org/2001/04/xmldsig-more#"
    static let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    static let sha256Identifier = "http://www.w3.org/2001/04/xmlenc#sha256"
    /// A document that is its own canonical form, around the place of its signature.
    static let contract = ("<contract xmlns=\"urn:yonjo:test\"><amount>10000</amount>", "</contract>")

    var prolog = ""
    var canonicalization = XMLRecipe.exclusive
    var canonicalizationContent = ""
    var signatureMethod = XMLRecipe.more + "rsa-sha256"
    var uri: String? = "#content"
    var transforms: [String]? = [XMLRecipe.ds + "base64"]
    var digestMethod = XMLRecipe.sha256Identifier
    var digest = sha256(World.message)
    var referenceCount = 1
    var certificates = [World.signingCertificate]
    var keyInfo: String?
    var objectID = "content"
    /// Between the tags of the one object.
    var object = Data(World.message).base64EncodedString()
    var moreObjects = ""
    /// An enveloped signature in this document in place of an enveloping one.
    var around: (String, String)?
    var key: any TestSigner = World.signingKey
    var signature: [UInt8]?
    /// What is signed in place of SignedInfo.
    var signed: [UInt8]?

    /// One in a document.
    static func enveloped() -> XMLRecipe {
      var recipe = XMLRecipe()
      recipe.around = contract
      recipe.uri = ""
      recipe.transforms = [ds + "enveloped-signature", exclusive]
      recipe.digest = sha256(contractBytes)
      return recipe
    }

    static var contractBytes: [UInt8] { Array((contract.0 + contract.1).utf8) }

    private var reference: String {
      let list = transforms.map { methods in
        "<ds:Transforms>" + methods.map { "<ds:Transform Algorithm=\"\($0)\"></ds:Transform>" }.joined() + "</ds:Transforms>"
      }
      return "<ds:Reference" + (uri.map { " URI=\"\($0)\"" } ?? "") + ">" + (list ?? "")
        + "<ds:DigestMethod Algorithm=\"\(digestMethod)\"></ds:DigestMethod>"
        + "<ds:DigestValue>\(Data(digest).base64EncodedString())</ds:DigestValue></ds:Reference>"
    }

    var signedInfo: String {
      "<ds:SignedInfo xmlns:ds=\"\(Self.ds)\">"
        + "<ds:CanonicalizationMethod Algorithm=\"\(canonicalization)\">\(canonicalizationContent)</ds:CanonicalizationMethod>"
        + "<ds:SignatureMethod Algorithm=\"\(signatureMethod)\"></ds:SignatureMethod>"
        + String(repeating: reference, count: referenceCount) + "</ds:SignedInfo>"
    }

    var text: String {
      let value = signature ?? key.sign(signed ?? Array(signedInfo.utf8))
      let info =
        keyInfo
        ?? (certificates.isEmpty
          ? ""
          : "<ds:KeyInfo><ds:X509Data>"
            + certificates.map { "<ds:X509Certificate>\(Data($0).base64EncodedString())</ds:X509Certificate>" }.joined()
            + "</ds:X509Data></ds:KeyInfo>")
      let objects = around == nil ? "<ds:Object Id=\"\(objectID)\">\(object)</ds:Object>" : ""
      let element =
        "<ds:Signature xmlns:ds=\"\(Self.ds)\">\(signedInfo)<ds:SignatureValue>\(Data(value).base64EncodedString())</ds:SignatureValue>"
        + info + objects + moreObjects + "</ds:Signature>"
      return prolog + (around.map { $0.0 + element + $0.1 } ?? element)
    }

    var card: CardSignature { CardSignature(format: .xml, signature: Array(text.utf8), certificate: nil) }
  }
#endif
