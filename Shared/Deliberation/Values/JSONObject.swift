/// The members of a JSON object in the order in which they were put in.
package struct JSONObject: Sendable, Equatable {
  package struct Member: Sendable, Equatable {
    package let key: String
    package var value: JSON

    package init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  package private(set) var members: [Member]

  package init() { members = [] }

  /// With room for so many members.
  init(capacity: Int) {
    members = []
    members.reserveCapacity(capacity)
  }

  /// Takes members whose keys are known to differ.
  init(unique members: [Member]) { self.members = members }

  /// Reads an object of whose members few are looked at: the lists and objects among them stay as they are written, and
  /// are built for whoever asks.
  package init(unbuilt bytes: [UInt8]) throws(JSONError) {
    guard let members = try JSONText(bytes).unbuilt else { throw JSONError(reason: .unexpectedByte, offset: 0) }
    self.members = members
  }

  package var isEmpty: Bool { members.isEmpty }
  package var count: Int { members.count }
  package var keys: [String] { members.map(\.key) }

  /// Its text with what was written before as the value of one member, because that is long and stands in several.
  func bytes(with written: [UInt8], as key: String) -> [UInt8] {
    var writer = JSONWriter(capacity: written.count + 2_048)
    writer.open()
    for (index, member) in members.enumerated() {
      writer.write(key: member.key, first: index == 0)
      if member.key == key { writer.write(written: written) } else { writer.write(member.value) }
    }
    writer.close()
    return writer.bytes
  }

  /// Reading is a walk over the members: objects here are small. Setting nil takes the member away.
  package subscript(key: String) -> JSON? {
    get {
      place(of: key).map { members[$0].value }
    }
    set {
      let place = place(of: key)
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// Where the member of that name stands. Lengths are compared first, which tells most names apart.
  private func place(of key: String) -> Int? {
    let length = key.utf8.count
    return members.firstIndex { $0.key.utf8.count == length && $0.key == key }
  }

  /// Puts a member at the end without looking for one of its name. Only for keys that are known to be new.
  package mutating func append(_ key: String, _ value: JSON) { members.append(Member(key: key, value: value)) }

  /// The same, left out where there is no value.
  package mutating func append(_ key: String, ifPresent value: JSON?) {
    if let value { members.append(Member(key: key, value: value)) }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self.init(unique: elements.map { Member(key: $0, value: $1) })
  }
}
