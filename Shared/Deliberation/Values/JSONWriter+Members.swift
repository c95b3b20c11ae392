// Objects that are written member by member, without a tree in between: there are many of them, and nobody reads them here.
extension JSONWriter {
  /// The text of one value, as it is written.
  static func written(capacity: Int = 0, _ write: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter(capacity: capacity)
    write(&writer)
    return writer.bytes
  }

  /// A member's name, behind a comma where another stands before it. It needs no escape.
  mutating func name(_ name: StaticString) {
    let isNext = bytes.last != UInt8(ascii: "{")
    let length = name.utf8CodeUnitCount
    bytes.append(addingCapacity: length + 4) { output in
      output.withUnsafeMutableBufferPointer { target, count in
        var end = 0
        if isNext {
          target[end] = UInt8(ascii: ",")
          end += 1
        }
        target[end] = UInt8(ascii: "\"")
        end += 1
        end = target[end...].update(fromContentsOf: UnsafeBufferPointer(start: name.utf8Start, count: length))
        target[end] = UInt8(ascii: "\"")
        target[end + 1] = UInt8(ascii: ":")
        count = end + 2
      }
    }
  }

  mutating func member(_ name: StaticString, _ value: JSON) {
    self.name(name)
    write(value)
  }

  mutating func member(_ name: StaticString, text: String) {
    self.name(name)
    write(text: text)
  }

  mutating func member(_ name: StaticString, _ number: Int) {
    self.name(name)
    write(number: Int64(number))
  }

  mutating func member(_ name: StaticString, _ flag: Bool) { member(name, .bool(flag)) }

  mutating func member(_ name: StaticString, _ call: CallID) {
    self.name(name)
    write(call)
  }

  /// A list as the value of a member: `write` is given each of its elements.
  mutating func member<Element>(
    _ name: StaticString, each elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
  ) {
    self.name(name)
    list(elements, write)
  }

  mutating func list<Element>(_ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void) {
    var isFirst = true
    sign(UInt8(ascii: "["))
    for element in elements {
      if !isFirst { sign(UInt8(ascii: ",")) }
      isFirst = false
      write(&self, element)
    }
    sign(UInt8(ascii: "]"))
  }

  mutating func object(_ write: (inout JSONWriter) -> Void) {
    open()
    write(&self)
    close()
  }

  mutating func write(_ call: CallID) {
    sign(UInt8(ascii: "\""))
    put(call.deliberation)
    sign(UInt8(ascii: "/"))
    bytes.append(addingCapacity: CallID.localBytes) { output in
      output.withUnsafeMutableBufferPointer { target, count in count = call.writeLocal(into: target, at: 0) }
    }
    sign(UInt8(ascii: "\""))
  }

  /// `call` to `attempt`, as every record about a call begins.
  mutating func head(_ call: CallID) {
    member("call", call)
    member("purpose", text: call.purpose.rawValue)
    member("round", call.round)
    if let member = call.member { self.member("member", member) } else { member("member", text: "-") }
    member("attempt", call.attempt)
  }
}
