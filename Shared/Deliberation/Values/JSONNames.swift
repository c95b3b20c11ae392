/// The names that an object has so far, for the one that stands there twice.
struct JSONNames {
  private(set) var count = 0
  /// A bit for each kind of name so far: where a name's bit is not set it is new, and no other is looked at.
  private var kinds: UInt64 = 0
  /// Beyond a handful of members their names are looked up: comparing each with each would let one record stop a
  /// partition.
  private var places: [String: Int] = [:]

  private static let handful = 24

  /// The place of an earlier name that is the same as the one noted last; `start`: where the object's first stands.
  mutating func first(like name: Int, from start: Int, in nodes: [JSONText.Node], _ bytes: UnsafeBufferPointer<UInt8>)
    -> Int?
  {
    let kind = Self.kind(nodes[name], bytes)
    var first: Int?
    if count < Self.handful {
      if kinds & kind != 0 { first = Self.walk(from: start, to: name, nodes) { nodes[$0].says(nodes[name], bytes) } }
      kinds |= kind
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

  /// One of 64 bits, by a name's length, first and last byte.
  private static func kind(_ node: JSONText.Node, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard node.isPlain else {
      let units = Array(node.text(bytes).utf8)
      return kind(first: units.first, last: units.last, count: units.count)
    }
    guard node.end > node.start else { return kind(first: nil, last: nil, count: 0) }
    return kind(first: bytes[Int(node.start)], last: bytes[Int(node.end) - 1], count: Int(node.end - node.start))
  }

  private static func kind(first: UInt8?, last: UInt8?, count: Int) -> UInt64 {
    1 << ((UInt64(first ?? 0) &* 7 &+ UInt64(last ?? 0) &* 3 &+ UInt64(truncatingIfNeeded: count)) & 63)
  }
}
