/// A JSON text that was held against all rules once, and where each of its values stands: what somebody has use for is
/// built from it, and nothing else.
struct JSONText: Sendable {
  /// A value, or the name of a member.
  struct Node: Sendable {
    enum Kind: UInt8, Sendable {
      case null, no, yes, whole, number, text, list, object
      /// Of a member; its value is the next node, or the last one of that name where several stand in one object.
      case name
      /// The second of two names that are one.
      case again
    }

    /// What is known of it besides, a bit for each.
    struct Traits: OptionSet {
      let rawValue: UInt8
      /// Of a text: it stands there as it is, without escapes.
      static let plain = Traits(rawValue: 1)
      static let ascii = Traits(rawValue: 2)
      /// It stands there as it would be written, with all that it holds.
      static let written = Traits(rawValue: 4)
    }

    var kind: Kind
    var traits: Traits
    /// How many elements or members it has, as far as that can be said: room is made for so many.
    var count: UInt16 = 0
    /// The bytes; of a text and a name those between the quotation marks.
    let start: UInt32
    var end: UInt32
    /// The node behind this one and all that it holds; of a name that of its value.
    var next: UInt32 = 0

    var isPlain: Bool { traits.contains(.plain) }
    var isASCII: Bool { traits.contains(.ascii) }
    var isWritten: Bool { traits.contains(.written) }
  }

  let bytes: [UInt8]
  let nodes: [Node]
  /// The kinds of the outermost object's names.
  let kinds: JSONNames.Kinds

  init(_ bytes: [UInt8], maxDepth: Int = 64) throws(JSONError) {
    let read = bytes.withUnsafeBufferPointer { buffer -> Result<([Node], JSONNames.Kinds), JSONError> in
      var reader = JSONReader(bytes: buffer, maxDepth: maxDepth)
      do throws(JSONError) {
        return .success(try reader.document())
      } catch {
        return .failure(error)
      }
    }
    self.bytes = bytes
    (nodes, kinds) = try read.get()
  }

  /// Where that name of an object's member stands. The search begins at `hint` and goes round: who reads members in the
  /// order in which they were written finds each at once.
  func name(_ name: StaticString, of object: Int, from hint: Int) -> Int? {
    // what is not there is nearly always known without looking
    guard object > 0 || kinds & JSONNames.kind(of: name) != 0 else { return nil }
    let (first, end) = (object + 1, Int(nodes[object].next))
    let start = hint > object && hint < end ? hint : first
    return self.name(name, from: start, to: end) ?? (start > first ? self.name(name, from: first, to: start) : nil)
  }

  private func name(_ name: StaticString, from start: Int, to end: Int) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      nodes.withUnsafeBufferPointer { nodes in
        var place = start
        while place < end {
          if nodes[place].kind == .name, nodes[place].says(name, bytes) { return place }
          place = Int(nodes[place + 1].next)
        }
        return nil
      }
    }
  }

  func text(at place: Int) -> String { bytes.withUnsafeBufferPointer { nodes[place].text($0) } }

  /// A text as it would be written.
  func passage(at place: Int) -> Passage {
    let node = nodes[place]
    guard node.isWritten else { return Passage(text(at: place)) }
    return Passage(escaped: Array(bytes[Int(node.start)..<Int(node.end)]))
  }

  /// A value as it stands there, where it would be written so; else it is built.
  func written(at place: Int) -> JSON {
    let node = nodes[place]
    guard node.isWritten else { return value(at: place) }
    switch node.kind {
    case .list, .object: return .written(Array(bytes[Int(node.start)..<Int(node.end)]))
    default: return value(at: place)
    }
  }

  /// The call that a text names, of a deliberation whose id may be known.
  func call(at place: Int, of deliberation: String) -> CallID? {
    guard nodes[place].isPlain else { return CallID(text(at: place)) }
    return bytes.withUnsafeBufferPointer { CallID(nodes[place].part($0), of: deliberation) }
  }

  func moment(at place: Int) -> Moment? {
    guard nodes[place].isPlain else { return Moment(rfc3339: text(at: place)) }
    return bytes.withUnsafeBufferPointer { Moment(rfc3339: nodes[place].part($0)) }
  }

  /// A number without a fraction.
  func whole(at place: Int) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      switch nodes[place].kind {
      case .whole: Int(nodes[place].whole(bytes))
      case .number: Int(exactly: nodes[place].double(bytes))
      default: nil
      }
    }
  }

  func number(at place: Int) -> Double? {
    bytes.withUnsafeBufferPointer { bytes in
      switch nodes[place].kind {
      case .whole: Double(nodes[place].whole(bytes))
      case .number: nodes[place].double(bytes)
      default: nil
      }
    }
  }

  func hasWords(at place: Int) -> Bool { bytes.withUnsafeBufferPointer { nodes[place].hasWords($0) } }

  /// The value that stands there, built with all that it holds.
  func value(at place: Int) -> JSON {
    nodes.withUnsafeBufferPointer { nodes in
      bytes.withUnsafeBufferPointer { bytes in Self.value(place, nodes, bytes) }
    }
  }

  /// The members of the object that all of this is, lists and objects among their values as they are written; nil: it is
  /// no object.
  var unbuilt: [JSONObject.Member]? {
    guard nodes[0].kind == .object else { return nil }
    var members: [JSONObject.Member] = []
    members.reserveCapacity(Int(nodes[0].count))
    var member = 1
    while member < nodes.count {
      if nodes[member].kind == .name {
        let place = Int(nodes[member].next)
        let (kind, part) = (nodes[place].kind, Int(nodes[place].start)..<Int(nodes[place].end))
        let isLong = kind == .list || kind == .object
        members.append(
          JSONObject.Member(
            key: text(at: member), value: isLong ? .written(Array(bytes[part])) : value(at: place)))
      }
      member = Int(nodes[member + 1].next)
    }
    return members
  }

  private static func value(_ place: Int, _ nodes: UnsafeBufferPointer<Node>, _ bytes: UnsafeBufferPointer<UInt8>)
    -> JSON
  {
    let node = nodes[place]
    switch node.kind {
    case .null: return .null
    case .no: return false
    case .yes: return true
    case .whole, .number: return node.number(bytes)
    case .text, .name, .again: return .string(node.text(bytes))
    case .list:
      var elements: [JSON] = []
      elements.reserveCapacity(Int(node.count))
      var element = place + 1
      while element < Int(node.next) {
        elements.append(value(element, nodes, bytes))
        element = Int(nodes[element].next)
      }
      return .array(elements)
    case .object:
      var members: [JSONObject.Member] = []
      members.reserveCapacity(Int(node.count))
      var member = place + 1
      while member < Int(node.next) {
        let name = nodes[member]
        if name.kind == .name {
          members.append(JSONObject.Member(key: name.text(bytes), value: value(Int(name.next), nodes, bytes)))
        }
        member = Int(nodes[member + 1].next)
      }
      return .object(JSONObject(unique: members))
    }
  }
}
