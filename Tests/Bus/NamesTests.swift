import Bus
import Telemetry
import Testing

@Suite("Names and shapes") struct NamesTests {
  @Test(
    "a key lives where Java's client says",
    arguments: [
      // org.apache.kafka.common.utils.UtilsTest
      ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
      ("a-little-bit-longer-string", -1_486_304_829), ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
      ("abc", 479_470_107),
    ])
  func murmur2(_ key: String, _ hash: Int32) {
    for partitions in [1, 2, 3, 12, 997] as [Int32] {
      #expect(Partitioner.murmur2(text(key), partitions: partitions) == (hash & 0x7fff_ffff) % partitions)
    }
  }

  @Test("topics are those of the contract") func topics() {
    let topics = Topics(BusSettings(bootstrap: "h:1", kind: .kafka, partitions: 24, lanes: ["default", "slow"]))
    let shapes = Dictionary(uniqueKeysWithValues: topics.all.map { ($0.name, $0) })
    #expect(shapes.count == 10)
    #expect(shapes["conclave.requests"]?.partitions == 24)
    #expect(shapes["conclave.requests.bulk"]?.retention == .seconds(7 * 86_400))
    #expect(shapes["conclave.cancels"]?.partitions == 1)
    #expect(shapes["conclave.signals"]?.partitions == 1)
    #expect(shapes["conclave.events"]?.retention == .some(nil))
    #expect(shapes["conclave.replies"]?.retention == .seconds(3600))
    #expect(shapes["conclave.results"]?.partitions == 24)
    #expect(shapes["conclave.dead-letters"]?.partitions == 3)
    #expect(shapes["conclave.calls.slow"]?.retention == .seconds(86_400))
    #expect(topics.calls("slow") == "conclave.calls.slow")
    #expect(topics.group("judge") == "conclave.judge")
    #expect(topics.group("model-caller", lane: "slow") == "conclave.model-caller.slow")
    #expect(Topics(BusSettings(bootstrap: "h:1", kind: .kafka, lanes: ["slow"])).lanes == ["default", "slow"])
  }

  @Test("a topic with other partitions is named, with what it has and needs") func misfit() {
    let shapes = Topics(BusSettings(bootstrap: "h:1", kind: .kafka)).all
    var counts = Dictionary(uniqueKeysWithValues: shapes.map { ($0.name, $0.partitions) })
    #expect(Cluster(brokers: 1, topics: counts).misfit(shapes) == nil)
    counts["conclave.calls.default"] = 48
    #expect(Cluster(brokers: 1, topics: counts).misfit(shapes) == nil, "calls may grow")
    counts["conclave.events"] = 4
    let error = Cluster(brokers: 1, topics: counts).misfit(shapes)
    #expect(error == .shape(topic: "conclave.events", has: 4, needs: 12))
    #expect("\(error as Any)".contains("conclave.events has 4 partitions and needs 12"))
  }

  @Test("copies are one on each of up to three brokers, unless set") func replication() {
    var settings = BusSettings(bootstrap: "h:1", kind: .kafka)
    #expect([1, 2, 3, 9].map { Cluster(brokers: $0, topics: [:]).replication(settings) } == [1, 2, 3, 3])
    settings.replication = 2
    #expect(Cluster(brokers: 9, topics: [:]).replication(settings) == 2)
  }

  @Test(
    "a property that would break a guarantee is refused by name",
    arguments: [
      "enable.idempotence", "acks", "auto.offset.reset", "enable.auto.commit", "partition.assignment.strategy",
      "partitioner", "group.id", "queued.min.messages", "message.timeout.ms", "bootstrap.servers",
      // what 2.0.2 does not know is refused by librdkafka itself
      "fetch.queue.backoff.ms", "no.such.property",
    ])
  func refused(_ name: String) throws {
    let settings = BusSettings(bootstrap: "127.0.0.1:1", kind: .kafka, properties: [name: "1"])
    let error = #expect(throws: BusError.self) { try Producer(settings, client: "t", log: .silent, metrics: .init()) }
    guard case .refusedProperty(name, _) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect("\(error as Any)".contains("CONCLAVE_KAFKA_"))
  }
}
