#if XMLSignatures
  internal import Foundation

  /// An XML signature taken apart (W3C xmldsig-core §4). Judges its shape and its place in the document, so that there is nothing to wrap: the one
  /// reference leads, by where it stands and not by what it is called, to the one object of the signature or to the whole document around it.
  struct XMLSignatureFields {
    private static let namespace = "http://www.w3.org/2000/09/xmldsig#"
    private static let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"

    /// What the reference leads to: what the one object of an enveloping signature holds in base64, or the document around an enveloped one in exclusive
    /// canonical form without the signature.
    let octets: [UInt8]
    /// SignedInfo in exclusive canonical form.
    let signedInfo: [UInt8]
    let signatureMethod: String
    let digestMethod: String
    let digest: [UInt8]
    let signature: [UInt8]
    let certificates: [[UInt8]]

    init(_ bytes: [UInt8]) throws(VerificationFailure) {
      let tree = try XMLTree(bytes)
      guard let root = tree.root else { throw VerificationFailure(.xmlMalformed) }
      let (signature, isEnveloping) = try Self.signature(in: root)
      var parts = try Self.elements(of: signature, allowing: ["Id"])[...]
      let signedInfo = try Self.take(&parts, "SignedInfo")
      let value = try Self.take(&parts, "SignatureValue")
      let keyInfo = parts.first?.name(in: Self.namespace) == "KeyInfo" ? parts.popFirst() : nil

      var info = try Self.elements(of: signedInfo, allowing: ["Id"])[...]
      let canonicalization = try Self.algorithm(Self.take(&info, "CanonicalizationMethod"))
      guard canonicalization == Self.exclusive else { throw VerificationFailure(.xmlTransform) }
      signatureMethod = try Self.algorithm(Self.take(&info, "SignatureMethod"))
      guard info.count == 1 else { throw VerificationFailure(.xmlReference) }
      let reference = try Self.take(&info, "Reference")

      var fields = try Self.elements(of: reference, allowing: ["Id", "URI", "Type"])[...]
      let transforms = fields.first?.name(in: Self.namespace) == "Transforms" ? fields.popFirst() : nil
      let methods = try transforms.map { list throws(VerificationFailure) in
        var methods: [String] = []
        for one in try Self.elements(of: list, allowing: []) {
          guard one.name(in: Self.namespace) == "Transform" else { throw VerificationFailure(.xmlMalformed) }
          methods.append(try Self.algorithm(one))
        }
        return methods
      }
      digestMethod = try Self.algorithm(Self.take(&fields, "DigestMethod"))
      digest = try Self.base64(Self.take(&fields, "DigestValue"), allowing: [])
      guard fields.isEmpty else { throw VerificationFailure(.xmlMalformed) }

      let address = reference.attributes?["URI"]
      if isEnveloping {
        octets = try Self.object(parts, address, methods)
      } else {
        guard parts.isEmpty, address == "" else { throw VerificationFailure(.xmlReference) }
        guard methods == [Self.namespace + "enveloped-signature", Self.exclusive] else { throw VerificationFailure(.xmlTransform) }
        guard let canonical = tree.canonical(without: signature) else { throw VerificationFailure(.xmlMalformed) }
        octets = canonical
      }
      guard let canonical = tree.canonical(of: signedInfo) else { throw VerificationFailure(.xmlMalformed) }
      self.signedInfo = canonical
      self.signature = try Self.base64(value, allowing: ["Id"])
      certificates = try keyInfo.map { info throws(VerificationFailure) in try Self.certificates(info) } ?? []
    }

    /// The one signature: the document itself, or directly in its element.
    private static func signature(in root: XMLElement) throws(VerificationFailure) -> (XMLElement, isEnveloping: Bool) {
      let below = root.descendants("Signature", in: namespace)
      if root.name(in: namespace) == "Signature" {
        guard below.isEmpty else { throw VerificationFailure(.xmlSignaturePlace) }
        return (root, true)
      }
      guard below.count == 1, below[0].isDirectly(in: root) else { throw VerificationFailure(.xmlSignaturePlace) }
      return (below[0], false)
    }

    /// What the one object holds; the reference must name it, and nothing else may bear its name.
    private static func object(_ parts: ArraySlice<XMLElement>, _ address: String?, _ methods: [String]?) throws(VerificationFailure)
      -> [UInt8]
    {
      guard parts.count == 1, let object = parts.first, object.name(in: namespace) == "Object", let attributes = object.attributes,
        let id = attributes["Id"], !id.isEmpty, address == "#" + id
      else { throw VerificationFailure(.xmlReference) }
      guard methods == [namespace + "base64"] else { throw VerificationFailure(.xmlTransform) }
      return try base64(object, allowing: ["Id", "MimeType", "Encoding"])
    }

    private static func certificates(_ info: XMLElement) throws(VerificationFailure) -> [[UInt8]] {
      var found: [[UInt8]] = []
      for one in info.descendants("X509Certificate", in: namespace) {
        found.append(try base64(one, allowing: []))
        guard found.count <= 16 else { throw VerificationFailure(.xmlMalformed) }
      }
      return found
    }

    // MARK: shapes

    private static func take(_ elements: inout ArraySlice<XMLElement>, _ name: String) throws(VerificationFailure) -> XMLElement {
      guard let first = elements.popFirst(), first.name(in: namespace) == name else { throw VerificationFailure(.xmlMalformed) }
      return first
    }

    private static func elements(of element: XMLElement, allowing names: Set<String>) throws(VerificationFailure) -> [XMLElement] {
      guard let attributes = element.attributes, names.isSuperset(of: attributes.keys), let elements = element.elements else {
        throw VerificationFailure(.xmlMalformed)
      }
      return elements
    }

    /// The Algorithm of a method that has no parameters.
    private static func algorithm(_ element: XMLElement) throws(VerificationFailure) -> String {
      guard try elements(of: element, allowing: ["Algorithm"]).isEmpty, let algorithm = element.attributes?["Algorithm"] else {
        throw VerificationFailure(.xmlTransform)
      }
      return algorithm
    }

    private static func base64(_ element: XMLElement, allowing names: Set<String>) throws(VerificationFailure) -> [UInt8] {
      guard let attributes = element.attributes, names.isSuperset(of: attributes.keys), let text = element.text,
        let data = Data(base64Encoded: Data(text.utf8.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }))
      else { throw VerificationFailure(.xmlMalformed) }
      return [UInt8](data)
    }
  }
#endif
