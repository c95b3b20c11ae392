/// The open connection of a gateway that waits for an answer.
package struct ReplyAddress: Sendable, Equatable, Hashable {
  package let partition: Int
  package let gateway: String
  package let incarnation: String

  package init(partition: Int, gateway: String, incarnation: String) {
    self.partition = partition
    self.gateway = gateway
    self.incarnation = incarnation
  }

  package init(_ value: JSON) throws(EventError) { try self.init(Fields(value)) }

  init(_ fields: Fields) throws(EventError) {
    partition = try fields.int("partition")
    guard (0..<100_000).contains(partition) else { throw EventError("reply.partition is no partition") }
    gateway = try fields.string("gateway")
    incarnation = try fields.string("incarnation")
  }

  package var json: JSON {
    ["partition": .int(Int64(partition)), "gateway": .string(gateway), "incarnation": .string(incarnation)]
  }
}

/// Where an ask stood.
package struct Origin: Sendable, Equatable {
  package let topic: String
  package let partition: Int
  package let offset: Int64
  package let key: String?
  package let id: String
  package let source: String

  package init(topic: String, partition: Int, offset: Int64, key: String?, id: String, source: String) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
    self.key = key
    self.id = id
    self.source = source
  }

  init(_ fields: Fields) throws(EventError) {
    topic = try fields.string("topic")
    partition = try fields.int("partition")
    offset = Int64(try fields.int("offset"))
    key = try fields.text("key")
    id = try fields.string("ce_id")
    source = try fields.string("ce_source")
  }

  package var json: JSON {
    var object = JSONObject()
    object.append("topic", .string(topic))
    object.append("partition", .int(Int64(partition)))
    object.append("offset", .int(offset))
    object.append("key", ifPresent: key.map { .string($0) })
    object.append("ce_id", .string(id))
    object.append("ce_source", .string(source))
    return .object(object)
  }

  package var discriminator: String { IDs.discriminator(source: source, id: id) }
}
