#if XMLSignatures
  internal import CLibXML2

  /// An XML document as libxml2 reads it, without anything that reaches outside: no document type, no entities but the five of XML, no network,
  /// UTF-8 alone, bounded in size, depth, number of nodes and canonical length. Freed with the last reference.
  final class XMLTree {
    static let maximumDepth = 64
    static let maximumNodes = 10_000
    static let maximumCanonicalBytes = 1 << 20

    /// libxml2's tables, set up once before any thread reads.
    private static let isReady: Void = xmlInitParser()

    private let document: xmlDocPtr

    init(_ bytes: [UInt8]) throws(VerificationFailure) {
      _ = Self.isReady
      guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else { throw VerificationFailure(.xmlMalformed) }
      // Refused before the parser sees it, wherever it stands: a declaration is what every entity needs.
      guard !bytes.contains("<!DOCTYPE".utf8), !bytes.contains("<!ENTITY".utf8) else { throw VerificationFailure(.xmlDocumentType) }
      guard let parsed = Self.parse(bytes) else { throw VerificationFailure(.xmlMalformed) }
      document = parsed
      guard document.pointee.intSubset == nil, document.pointee.extSubset == nil else { throw VerificationFailure(.xmlDocumentType) }
      var nodes = 0
      guard Self.isBounded(parsed.pointee.children, depth: 0, &nodes) else { throw VerificationFailure(.xmlMalformed) }
    }

    deinit { xmlFreeDoc(document) }

    /// Nil when the document is not well formed.
    private static func parse(_ bytes: [UInt8]) -> xmlDocPtr? {
      guard let context = xmlNewParserCtxt() else { return nil }
      defer { xmlFreeParserCtxt(context) }
      let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue | XML_PARSE_IGNORE_ENC.rawValue
      let parsed = bytes.withUnsafeBytes { input in
        xmlCtxtReadMemory(
          context, input.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: input.count), nil, "UTF-8", Int32(options))
      }
      guard context.pointee.wellFormed == 1 else {
        xmlFreeDoc(parsed)
        return nil
      }
      return parsed
    }

    /// Nothing but elements, text, comments and processing instructions, and not too much of it.
    private static func isBounded(_ first: xmlNodePtr?, depth: Int, _ nodes: inout Int) -> Bool {
      guard depth <= maximumDepth else { return false }
      var next = first
      while let node = next {
        nodes += 1
        guard nodes <= maximumNodes else { return false }
        switch node.pointee.type {
        case XML_ELEMENT_NODE:
          var attribute = node.pointee.properties
          while let one = attribute {
            nodes += 1
            attribute = one.pointee.next
          }
          guard isBounded(node.pointee.children, depth: depth + 1, &nodes) else { return false }
        case XML_TEXT_NODE, XML_CDATA_SECTION_NODE, XML_COMMENT_NODE, XML_PI_NODE: break
        default: return false
        }
        next = node.pointee.next
      }
      return true
    }

    /// The document's element; a well-formed document has one.
    var root: XMLElement? { xmlDocGetRootElement(document).map { XMLElement(tree: self, node: $0) } }

    /// Exclusive canonical form without comments (W3C xml-exc-c14n §3) of one element with all it holds.
    func canonical(of element: XMLElement) -> [UInt8]? { canonical(Selection(inside: element.node, outside: nil)) }

    /// The same of the whole document but for one element and what that holds.
    func canonical(without element: XMLElement) -> [UInt8]? { canonical(Selection(inside: nil, outside: element.node)) }

    private final class Selection {
      let inside: xmlNodePtr?
      let outside: xmlNodePtr?

      init(inside: xmlNodePtr?, outside: xmlNodePtr?) {
        self.inside = inside
        self.outside = outside
      }

      /// Whether the node is part of the canonical form: namespaces and attributes are where their element is.
      func holds(_ node: xmlNodePtr?, _ parent: xmlNodePtr?) -> Bool {
        let isPart = node?.pointee.type == XML_NAMESPACE_DECL || node?.pointee.type == XML_ATTRIBUTE_NODE
        var current = isPart ? parent : node
        var isInside = inside == nil
        while let one = current {
          if one == outside { return false }
          if one == inside { isInside = true }
          current = one.pointee.parent
        }
        return isInside
      }
    }

    private final class Sink {
      var bytes: [UInt8] = []

      /// The number of bytes taken; -1 beyond the bound.
      func take(_ more: UnsafePointer<CChar>?, _ count: Int32) -> Int32 {
        guard let more, count >= 0, bytes.count + Int(count) <= maximumCanonicalBytes else { return -1 }
        bytes += UnsafeRawBufferPointer(start: more, count: Int(count))
        return count
      }
    }

    /// Nil when libxml2 fails, or beyond `maximumCanonicalBytes`.
    private func canonical(_ selection: Selection) -> [UInt8]? {
      let sink = Sink()
      let buffer = xmlOutputBufferCreateIO(
        { context, bytes, count in
          guard let context else { return -1 }
          return Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue().take(bytes, count)
        }, nil, Unmanaged.passUnretained(sink).toOpaque(), nil)
      guard let buffer else { return nil }
      let written = withExtendedLifetime(selection) {
        xmlC14NExecute(
          document,
          { context, node, parent in
            guard let context else { return 0 }
            return Unmanaged<Selection>.fromOpaque(context).takeUnretainedValue().holds(node, parent) ? 1 : 0
          }, Unmanaged.passUnretained(selection).toOpaque(), Int32(XML_C14N_EXCLUSIVE_1_0.rawValue), nil, 0, buffer)
      }
      let closed = withExtendedLifetime(sink) { xmlOutputBufferClose(buffer) }
      return written >= 0 && closed >= 0 ? sink.bytes : nil
    }
  }

  /// One element of a document, which it keeps alive.
  struct XMLElement {
    let tree: XMLTree
    let node: xmlNodePtr

    /// Whether the other element is the one around it.
    func isDirectly(in other: XMLElement) -> Bool { node.pointee.parent == other.node }

    /// Its local name, if it is of this namespace.
    func name(in namespace: String) -> String? {
      guard let own = node.pointee.ns?.pointee.href, String(cString: own) == namespace, let name = node.pointee.name else { return nil }
      return String(cString: name)
    }

    /// Its attributes without namespace, by name; nil if one has a namespace.
    var attributes: [String: String]? {
      var found: [String: String] = [:]
      var next = node.pointee.properties
      while let attribute = next {
        guard attribute.pointee.ns == nil, let name = attribute.pointee.name else { return nil }
        guard let value = Self.text(of: attribute.pointee.children) else { return nil }
        found[String(cString: name)] = value
        next = attribute.pointee.next
      }
      return found
    }

    /// The elements in it; nil if there is anything else but white space between them.
    var elements: [XMLElement]? {
      var found: [XMLElement] = []
      var next = node.pointee.children
      while let child = next {
        switch child.pointee.type {
        case XML_ELEMENT_NODE: found.append(XMLElement(tree: tree, node: child))
        case XML_TEXT_NODE where xmlIsBlankNode(child) == 1: break
        default: return nil
        }
        next = child.pointee.next
      }
      return found
    }

    /// Every element below it with this name, at any depth.
    func descendants(_ name: String, in namespace: String) -> [XMLElement] {
      var found: [XMLElement] = []
      var next = node.pointee.children
      while let child = next {
        if child.pointee.type == XML_ELEMENT_NODE {
          let element = XMLElement(tree: tree, node: child)
          if element.name(in: namespace) == name { found.append(element) }
          found += element.descendants(name, in: namespace)
        }
        next = child.pointee.next
      }
      return found
    }

    /// Its text; nil if there is anything else in it.
    var text: String? { Self.text(of: node.pointee.children) }

    private static func text(of first: xmlNodePtr?) -> String? {
      var text = ""
      var next = first
      while let one = next {
        guard one.pointee.type == XML_TEXT_NODE || one.pointee.type == XML_CDATA_SECTION_NODE else { return nil }
        if let content = one.pointee.content { text += String(cString: content) }
        next = one.pointee.next
      }
      return text
    }
  }
#endif
