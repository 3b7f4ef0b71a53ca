#if XMLSignatures
  import Foundation
  import JPKI

  /// What can be wrong with an XML signature.
  enum XMLCases {
    private static func xml(
      _ name: String, _ result: VerificationResult, _ reason: VerificationReason, over content: [UInt8] = World.message,
      _ spoil: @escaping @Sendable (inout XMLRecipe) -> Void
    ) -> RefusalCase {
      RefusalCase("XML: " + name, result, reason) {
        var recipe = XMLRecipe()
        spoil(&recipe)
        return SignatureCases.verify(recipe.card, over: content)
      }
    }

    private static func enveloped(
      _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout XMLRecipe) -> Void
    ) -> RefusalCase {
      RefusalCase("XML enveloped: " + name, result, reason) {
        var recipe = XMLRecipe.enveloped()
        spoil(&recipe)
        return SignatureCases.verify(recipe.card, over: XMLRecipe.contractBytes)
      }
    }

    private static func bytes(
      _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ make: @escaping @Sendable () -> [UInt8]
    ) -> RefusalCase {
      RefusalCase("XML: " + name, result, reason) {
        SignatureCases.verify(CardSignature(format: .xml, signature: make(), certificate: nil))
      }
    }

    private static func text(
      _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ change: @escaping @Sendable (String) -> String
    ) -> RefusalCase {
      bytes(name, result, reason) { Array(change(XMLRecipe().text).utf8) }
    }

    static let all: [RefusalCase] = form + place + reference + methods + signer + content

    private static let form: [RefusalCase] = [
      bytes("nothing", .signatureInvalid, .xmlMalformed) { [] },
      bytes("no XML", .signatureInvalid, .xmlMalformed) { World.signature },
      bytes("larger than 64 KiB", .signatureInvalid, .signatureTooLarge) { [UInt8](repeating: 0x20, count: 65_537) },
      bytes("UTF-16", .signatureInvalid, .xmlMalformed) {
        [0xFE, 0xFF] + XMLRecipe().text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
      },
      bytes("broken UTF-8", .signatureInvalid, .xmlMalformed) { Array(XMLRecipe().text.utf8) + [0xC3] },
      text("a zero byte", .signatureInvalid, .xmlMalformed) { $0 + "\0" },
      text("an element left open", .signatureInvalid, .xmlMalformed) { String($0.dropLast(15)) },
      text("something after the document", .signatureInvalid, .xmlMalformed) { $0 + "<more/>" },
      text("a document type", .signatureInvalid, .xmlDocumentType) { "<!DOCTYPE ds:Signature>" + $0 },
      text("an external document type", .signatureInvalid, .xmlDocumentType) {
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">" + $0
      },
      text("an external entity", .signatureInvalid, .xmlDocumentType) {
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"http://invalid/\">]>" + $0.replacing("10000", with: "&x;")
      },
      text("entities that grow", .signatureInvalid, .xmlDocumentType) {
        "<!DOCTYPE a [<!ENTITY x \"yyyyyyyyyy\"><!ENTITY z \"&x;&x;&x;&x;&x;&x;&x;&x;\">]>" + $0
      },
      xml("an entity that nobody declared", .signatureInvalid, .xmlMalformed) { $0.object = "&nobody;" },
      xml("elements nested too deep", .signatureInvalid, .xmlMalformed) {
        $0.keyInfo = "<ds:KeyInfo>" + String(repeating: "<a>", count: 70) + String(repeating: "</a>", count: 70) + "</ds:KeyInfo>"
      },
      xml("too many elements", .signatureInvalid, .xmlMalformed) {
        $0.keyInfo = "<ds:KeyInfo>" + String(repeating: "<a/>", count: 10_001) + "</ds:KeyInfo>"
      },
      enveloped("a canonical form without end", .signatureInvalid, .xmlMalformed) {
        let long = String(repeating: "u", count: 30_000)
        $0.around = ("<a xmlns:p=\"\(long)\">" + String(repeating: "<p:b/>", count: 4000), "</a>")
      },
      text("no SignatureValue", .signatureInvalid, .xmlMalformed) { $0.replacing("SignatureValue", with: "SignatureWorth") },
      text("a comment in the signature", .signatureInvalid, .xmlMalformed) {
        $0.replacing("<ds:SignatureValue>", with: "<!-- --><ds:SignatureValue>")
      },
      text("text between the elements", .signatureInvalid, .xmlMalformed) {
        $0.replacing("<ds:SignatureValue>", with: "text<ds:SignatureValue>")
      },
      text("a SignatureValue that is no base64", .signatureInvalid, .xmlMalformed) {
        $0.replacing("<ds:SignatureValue>", with: "<ds:SignatureValue>!")
      },
      xml("an object that is no base64", .signatureInvalid, .xmlMalformed) { $0.object = "10,000 yen" },
      xml("an object of elements", .signatureInvalid, .xmlMalformed) { $0.object = "<amount>MQ==</amount>" },
      xml("an attribute of nobody's", .signatureInvalid, .xmlMalformed) { $0.objectID = "content\" Lang=\"ja" },
    ]

    private static let place: [RefusalCase] = [
      bytes("a document without signature", .signatureInvalid, .xmlSignaturePlace) { XMLRecipe.contractBytes },
      xml("a signature in a signature", .signatureInvalid, .xmlSignaturePlace) {
        $0.keyInfo = "<ds:KeyInfo><ds:Signature></ds:Signature></ds:KeyInfo>"
      },
      enveloped("two signatures", .signatureInvalid, .xmlSignaturePlace) {
        $0.around = (XMLRecipe.contract.0 + "<ds:Signature xmlns:ds=\"\(XMLRecipe.ds)\"/>", XMLRecipe.contract.1)
      },
      enveloped("the signed document wrapped into another", .signatureInvalid, .xmlSignaturePlace) {
        $0.around = (
          "<contract xmlns=\"urn:yonjo:test\"><amount>90000</amount><old>" + XMLRecipe.contract.0,
          XMLRecipe.contract.1 + "</old></contract>"
        )
      },
      xml("an enveloping signature wrapped into a document", .signatureInvalid, .xmlReference) {
        let inner = "<ds:Object Id=\"content\">\(Data(World.message).base64EncodedString())</ds:Object>"
        $0.moreObjects = inner
        $0.around = XMLRecipe.contract
      },
    ]

    private static let reference: [RefusalCase] = [
      xml("no reference", .signatureInvalid, .xmlReference) { $0.referenceCount = 0 },
      xml("two references", .signatureInvalid, .xmlReference) { $0.referenceCount = 2 },
      xml("a reference to nothing", .signatureInvalid, .xmlReference) { $0.uri = "#elsewhere" },
      xml("a reference without address", .signatureInvalid, .xmlReference) { $0.uri = nil },
      xml("a reference to a file", .signatureInvalid, .xmlReference) { $0.uri = "file:///etc/passwd" },
      xml("a reference to the network", .signatureInvalid, .xmlReference) { $0.uri = "http://invalid/" },
      xml("an XPointer", .signatureInvalid, .xmlReference) { $0.uri = "#xpointer(id('content'))" },
      xml("a reference to the whole document around the object", .signatureInvalid, .xmlReference) { $0.uri = "" },
      xml("two objects of one name", .signatureInvalid, .xmlReference) {
        $0.moreObjects = "<ds:Object Id=\"content\">\(Data(World.message + [0]).base64EncodedString())</ds:Object>"
      },
      xml("another object before it", .signatureInvalid, .xmlReference) {
        $0.moreObjects = "<ds:Object Id=\"other\">MQ==</ds:Object>"
      },
      enveloped("a reference by name", .signatureInvalid, .xmlReference) { $0.uri = "#content" },
      enveloped("an object beside the document", .signatureInvalid, .xmlReference) {
        $0.moreObjects = "<ds:Object Id=\"content\">MQ==</ds:Object>"
      },
    ]

    private static let methods: [RefusalCase] = [
      xml("inclusive canonicalization", .signatureInvalid, .xmlTransform) {
        $0.canonicalization = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
      },
      xml("canonicalization with comments", .signatureInvalid, .xmlTransform) {
        $0.canonicalization = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"
      },
      xml("canonicalization with prefixes to include", .signatureInvalid, .xmlTransform) {
        $0.canonicalizationContent =
          "<ec:InclusiveNamespaces xmlns:ec=\"\(XMLRecipe.exclusive)\" PrefixList=\"ds\"></ec:InclusiveNamespaces>"
      },
      xml("no transform", .signatureInvalid, .xmlTransform) { $0.transforms = nil },
      xml("the object canonicalized in place of decoded", .signatureInvalid, .xmlTransform) { $0.transforms = [XMLRecipe.exclusive] },
      xml("XSLT", .signatureInvalid, .xmlTransform) { $0.transforms = ["http://www.w3.org/TR/1999/REC-xslt-19991116"] },
      xml("XPath", .signatureInvalid, .xmlTransform) { $0.transforms?.append("http://www.w3.org/TR/1999/REC-xpath-19991116") },
      enveloped("without canonicalization", .signatureInvalid, .xmlTransform) { $0.transforms?.removeLast() },
      enveloped("with a filter", .signatureInvalid, .xmlTransform) {
        $0.transforms?.insert("http://www.w3.org/2002/06/xmldsig-filter2", at: 1)
      },
      xml("rsa-sha1", .signatureInvalid, .sha1NotAccepted) { $0.signatureMethod = XMLRecipe.ds + "rsa-sha1" },
      xml("a digest by SHA-1", .signatureInvalid, .sha1NotAccepted) {
        $0.digestMethod = XMLRecipe.ds + "sha1"
        $0.digest = sha1(World.message)
      },
      xml("a digest by MD5", .signatureInvalid, .digestAlgorithmNotAccepted) { $0.digestMethod = XMLRecipe.more + "md5" },
      xml("a digest by SHA-512 without a profile for it", .signatureInvalid, .digestAlgorithmNotAccepted) {
        $0.digestMethod = "http://www.w3.org/2001/04/xmlenc#sha512"
        $0.digest = sha512(World.message)
      },
      xml("rsa-sha512 without a profile for it", .signatureInvalid, .digestAlgorithmNotAccepted) {
        $0.signatureMethod = XMLRecipe.more + "rsa-sha512"
      },
      xml("PSS", .signatureInvalid, .pssNotAccepted) {
        $0.signatureMethod = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
      },
      xml("HMAC", .signatureInvalid, .xmlSignatureAlgorithm) { $0.signatureMethod = XMLRecipe.more + "hmac-sha256" },
      xml("ECDSA by an RSA key", .signatureInvalid, .xmlSignatureAlgorithm) { $0.signatureMethod = XMLRecipe.more + "ecdsa-sha384" },
    ]

    private static let signer: [RefusalCase] = [
      xml("no certificate", .signatureInvalid, .xmlSignerCertificate) { $0.certificates = [] },
      xml("two certificates", .signatureInvalid, .xmlSignerCertificate) {
        $0.certificates = [World.signingCertificate, World.signingAuthority.certificate]
      },
      RefusalCase("XML: another certificate beside it", .signatureInvalid, .xmlSignerCertificate) {
        SignatureCases.verify(
          CardSignature(format: .xml, signature: Array(XMLRecipe().text.utf8), certificate: World.authenticationCertificate))
      },
      xml("a stranger's certificate", .certificateUntrusted, .issuerSignature) {
        $0.certificates = [World.signingRecipe().signed(by: World.otherCardKey)]
      },
      xml("an authentication certificate", .certificateUntrusted, .certificateOfOtherKind) {
        $0.certificates = [World.authenticationCertificate]
      },
      xml("another card's key", .signatureInvalid, .signatureNotByThisKey) { $0.key = World.otherCardKey },
    ]

    private static let content: [RefusalCase] = [
      xml("another content", .signatureInvalid, .xmlContentMismatch, over: World.message + [0]) { _ in },
      xml("an object that was changed", .signatureInvalid, .digestMismatch) { $0.object = Data([1]).base64EncodedString() },
      xml("the digest of another content", .signatureInvalid, .digestMismatch) { $0.digest = sha256([1]) },
      enveloped("a document that was changed", .signatureInvalid, .digestMismatch) {
        $0.around = ("<contract xmlns=\"urn:yonjo:test\"><amount>90000</amount>", "</contract>")
      },
      xml("a SignedInfo that was not signed", .signatureInvalid, .digestMismatch) { $0.signed = World.message },
      xml("a PSS signature under another name", .signatureInvalid, .pssNotAccepted) {
        $0.signature = World.signingKey.signPSS(digest: sha256(Array($0.signedInfo.utf8)))
      },
      xml("a bare hash", .signatureInvalid, .bareHash) { $0.signature = World.signingKey.sign(payload: sha256(Array($0.signedInfo.utf8))) },
      xml("no signature", .signatureInvalid, .signatureLength) { $0.signature = [] },
    ]
  }
#endif
