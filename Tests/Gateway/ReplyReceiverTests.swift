import Bus
import Deliberation
import Testing
import Web

@testable import Gateway

@Suite("What comes over the bus") struct ReplyReceiverTests {
  private static func record(
    _ offset: Int64, gateway: String, incarnation: String, id: String, code: Int64 = 200
  ) -> Record {
    let value: JSON = [
      "gateway": .string(gateway), "incarnation": .string(incarnation), "deliberation": "gen-1", "code": .int(code),
      "body": ["id": "gen-1"],
    ]
    return Record(
      topic: "conclave.replies", partition: 0, offset: offset, timestamp: 0, key: nil, value: value.bytes,
      headers: [
        Header("ce_type", Array("conclave.reply.result.v1".utf8)), Header("ce_id", Array(id.utf8)),
      ])
  }

  @Test("is heard by the gateway that it is for, in the life that asked for it") func addressed() async throws {
    let lobby = try Lobby()
    defer { lobby.stop() }
    let receiver = ReplyReceiver(lobby.waiting)
    let (client, answer) = try await lobby.client()
    #expect(client.acknowledged(1))
    receiver.hear(Self.record(0, gateway: "gateway-1", incarnation: "one", id: "a", code: 500))
    receiver.hear(Self.record(1, gateway: "gateway-0", incarnation: "an earlier life", id: "b", code: 500))
    receiver.hear(Self.record(2, gateway: "gateway-0", incarnation: "one", id: "c"))
    #expect(await answer.value?.status == 200)
    // a producer that was replaced writes a record again
    let (_, again) = try await lobby.client(ask: "ask-2")
    receiver.hear(Self.record(3, gateway: "gateway-0", incarnation: "one", id: "c"))
    receiver.hear(Self.record(4, gateway: "gateway-0", incarnation: "one", id: "d", code: 502))
    #expect(await again.value?.status == 502)
  }
}
