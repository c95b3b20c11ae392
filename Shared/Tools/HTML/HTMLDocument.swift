internal import CLibXML

/// A page of HTML as libxml2 reads it. Owns the tree; nodes leave only as what is read from them.
struct HTMLDocument: ~Copyable {
  private let tree: UnsafeMutablePointer<xmlDoc>

  /// nil: there is no HTML in it.
  init?(_ markup: PlainMarkup) {
    // nothing is fetched, nothing is printed, what is broken is mended; deeper than 256 is cut off by libxml2 itself
    let options = Int32(
      HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
        | HTML_PARSE_NONET.rawValue | HTML_PARSE_COMPACT.rawValue | HTML_PARSE_IGNORE_ENC.rawValue)
    let tree = markup.bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) {
        htmlReadMemory($0.baseAddress, Int32(clamping: $0.count), nil, "utf-8", options)
      }
    }
    guard let tree else { return nil }
    self.tree = tree
  }

  deinit { xmlFreeDoc(tree) }

  /// Walks the tree in the order of the text, without recursion: what comes from outside decides how deep it is.
  func walk(_ visit: (HTMLStep) -> Bool) {
    guard let root = xmlDocGetRootElement(tree) else { return }
    var node: UnsafeMutablePointer<xmlNode>? = root
    while let current = node {
      let goesIn = Self.enter(current, visit)
      if goesIn, let child = current.pointee.children {
        node = child
        continue
      }
      Self.leave(current, visit)
      var place = current
      while place.pointee.next == nil, place != root, let parent = place.pointee.parent {
        place = parent
        Self.leave(place, visit)
      }
      node = place == root ? nil : place.pointee.next
    }
  }

  private static func enter(_ node: UnsafeMutablePointer<xmlNode>, _ visit: (HTMLStep) -> Bool) -> Bool {
    switch node.pointee.type {
    case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
      guard let content = node.pointee.content else { return false }
      _ = visit(.text(String(cString: content)))
      return false
    case XML_ELEMENT_NODE:
      return visit(.begin(name(node)) { attribute in value(node, attribute) })
    default: return false
    }
  }

  private static func leave(_ node: UnsafeMutablePointer<xmlNode>, _ visit: (HTMLStep) -> Bool) {
    if node.pointee.type == XML_ELEMENT_NODE { _ = visit(.end(name(node))) }
  }

  private static func name(_ node: UnsafeMutablePointer<xmlNode>) -> String {
    node.pointee.name.map { String(cString: $0).lowercased() } ?? ""
  }

  private static func value(_ node: UnsafeMutablePointer<xmlNode>, _ attribute: String) -> String? {
    guard let value = xmlGetProp(node, attribute) else { return nil }
    defer { conclave_xml_free(value) }
    return String(cString: value)
  }
}

/// What one meets on the way through a page.
enum HTMLStep {
  /// An element, and how to ask for its attributes. False from the visitor: what is in it is passed over.
  case begin(String, attribute: (String) -> String?)
  case text(String)
  case end(String)
}
