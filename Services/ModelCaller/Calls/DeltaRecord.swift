package import Deliberation

/// One record on `replies`: pieces of the answers of many calls for one gateway.
package struct DeltaRecord: Sendable, Equatable {
  package let address: ReplyAddress
  package let deltas: [JSON]

  package static let type = "conclave.reply.deltas.v1"

  package var value: [UInt8] {
    JSON.object([
      "gateway": .string(address.gateway), "incarnation": .string(address.incarnation), "deltas": .array(deltas),
    ]).bytes
  }
}
