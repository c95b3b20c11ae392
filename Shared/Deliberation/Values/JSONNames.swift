/// The names that an object has so far, for the one that stands there twice.
struct JSONNames {
  /// A bit for each of 64 kinds, by a name's length, first and last byte.
  typealias Kinds = UInt64

  private(set) var count = 0
  /// The kinds so far: where a name's bit is not set it is new, and no other is looked at.
  private(set) var kinds: Kinds = 0
  /// The same by other bytes: what is new has either bit free, nearly always.
  private var others: Kinds = 0
  /// Beyond some dozens of members their names are looked up: comparing each with each would let one record stop a
  /// partition.
  private var places: [String: Int] = [:]

  private static let dozens = 64

  /// The place of an earlier name that is the same as the one noted last; `start`: where the object's first stands.
  mutating func first(like name: Int, from start: Int, in nodes: [JSONText.Node], _ bytes: UnsafeBufferPointer<UInt8>)
    -> Int?
  {
    let (kind, other) = Self.kinds(nodes[name], bytes)
    var first: Int?
    if count < Self.dozens {
      if kinds & kind != 0, others & other != 0 {
        first = Self.walk(from: start, to: name, nodes) { nodes[$0].says(nodes[name], bytes) }
      }
    } else {
      if places.isEmpty {
        _ = Self.walk(from: start, to: name, nodes) { place in
          places[nodes[place].text(bytes)] = place
          return false
        }
      }
      let text = nodes[name].text(bytes)
      first = places[text]
      if first == nil { places[text] = name }
    }
    kinds |= kind
    others |= other
    if first == nil { count += 1 }
    return first
  }

  /// The first of the names from there on of which that is true.
  private static func walk(from start: Int, to end: Int, _ nodes: [JSONText.Node], _ isIt: (Int) -> Bool) -> Int? {
    var place = start
    while place < end {
      if nodes[place].kind == .name, isIt(place) { return place }
      place = Int(nodes[place + 1].next)
    }
    return nil
  }

  private static func kinds(_ node: JSONText.Node, _ bytes: UnsafeBufferPointer<UInt8>) -> (Kinds, Kinds) {
    guard node.isPlain else {
      var name = node.text(bytes)
      return name.withUTF8 { (kind($0), other($0)) }
    }
    let name = node.part(bytes)
    return (kind(name), other(name))
  }

  private static func other(_ name: UnsafeBufferPointer<UInt8>) -> Kinds {
    guard name.count > 2 else { return 1 }
    let sum = UInt64(name[name.count / 2]) &* 5 &+ UInt64(name[name.count - 2]) &* 11 &+ UInt64(name[1])
    return 1 << (sum & 63)
  }

  private static func kind(_ name: UnsafeBufferPointer<UInt8>) -> Kinds {
    guard name.count > 0 else { return 1 }
    let sum = UInt64(name[0]) &* 7 &+ UInt64(name[name.count - 1]) &* 3 &+ UInt64(name.count)
    return 1 << (sum & 63)
  }

  static func kind(of name: StaticString) -> Kinds {
    kind(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }
}
