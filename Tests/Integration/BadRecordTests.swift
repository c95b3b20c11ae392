import Bus
import Deliberation
import Glibc
import Telemetry
import Testing

@testable import Conclave

extension RunningSystems {
  @Suite("Records that nobody can read", .timeLimit(.minutes(5))) struct BadRecordTests {
    private struct Mischief {
      let what: String
      let value: [UInt8]?
      let headers: [Header]
      /// Whether intake answers it with a rejection: JSON under an ask's name is an ask, if a bad one.
      var isAsk = false
    }

    private func envelope(_ type: String) -> [Header] {
      Envelope(id: "mischief", type: type, source: "/test/mischief", subject: "mischief", time: WallTime.now.rfc3339)
        .headers
    }

    /// What a pipeline gone wrong may write on a topic that expects `type`.
    private func mischief(_ type: String) -> [Mischief] {
      let headers = envelope(type)
      var generator = SystemRandomNumberGenerator()
      let noise = (0..<300).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      return [
        Mischief(what: "noise", value: noise, headers: headers),
        Mischief(what: "noise without headers", value: noise, headers: []),
        Mischief(what: "another shape", value: Array("[1, 2, {\"three\": 4}]".utf8), headers: headers, isAsk: true),
        Mischief(what: "no headers", value: Array("{\"request\": {}}".utf8), headers: []),
        Mischief(
          what: "a header that is no text", value: Array("{}".utf8),
          headers: [Header("ce_id", [0xFF, 0xFE])] + headers, isAsk: true),
        Mischief(what: "an old version", value: Array("{}".utf8), headers: [Header("ce_specversion", "0.3")]),
        Mischief(what: "nothing at all", value: nil, headers: headers),
        Mischief(
          what: "a huge text", value: Array("\"".utf8) + Array(repeating: 0x61, count: 990_000) + Array("\"".utf8),
          headers: headers, isAsk: true),
      ]
    }

    @Test("go to the dead letters with their origin, and the partition goes on") func garbage() async throws {
      try await withSystem { system in
        let settings = try system.bus()
        let watch = try TopicWatch(settings)
        defer { watch.stop() }
        let topics = watch.topics
        let producer = try Producer(settings, client: "mischief", log: .silent, metrics: Metrics())
        defer { _ = producer.close(within: .seconds(5)) }

        // topic, what it expects, and how many groups read it
        let places: [(String, String, Int)] = [
          (topics.requests, "conclave.ask.v1", 1), (topics.requestsBulk, "conclave.ask.v1", 1),
          (topics.cancels, "conclave.cancel.v1", 1), (topics.events, "conclave.call.completed.v1", 3),
          (topics.calls("default"), "conclave.call.v1", 1), (topics.signals, "conclave.calls.cancelled.v1", 0),
          (topics.replies, "conclave.reply.result.v1", 0),
        ]
        try await producer.warm(places.map(\.0))
        var written: [(place: String, what: String, position: Position, groups: Int)] = []
        for (topic, type, groups) in places {
          for bad in mischief(type) {
            let position = try await producer.send(
              Outgoing(topic: topic, partition: 0, key: Array("mischief".utf8), value: bad.value, headers: bad.headers))
            let isAnswered = bad.isAsk && type == "conclave.ask.v1"
            written.append((topic, bad.what, position, isAnswered ? 0 : groups))
          }
        }
        func letters(_ place: String, _ position: Position) -> [Record] {
          watch.records(topics.deadLetters).filter {
            $0.headers.text("conclave-topic") == place
              && $0.headers.text("conclave-partition") == "\(position.partition)"
              && $0.headers.text("conclave-offset") == "\(position.offset)"
          }
        }
        for (place, what, position, groups) in written {
          let label = "\(place): \(what)"
          try await eventually("\(label) is buried \(groups) times, not \(letters(place, position).count)") {
            Set(letters(place, position).map { $0.headers.text("conclave-group") }).count >= groups
          }
          for letter in letters(place, position) {
            #expect(letter.key == Array("mischief".utf8), "\(label)")
            #expect(letter.headers.text("conclave-reason")?.isEmpty == false, "\(label)")
            #expect(
              letter.headers.text("conclave-truncated") != nil || what != "a huge text"
                || (letter.value?.count ?? 0) > 900_000, "\(label)")
          }
        }
        // everyone is alive, was never restarted, and works on the very partitions that were fouled
        let services = try system.run().services
        #expect(services.allSatisfy { $0.restarts == 0 }, "\(services)")
        for number in 0..<24 {
          let id = "after-\(number)"
          let record = Outgoing(
            topic: topics.requests, partition: 0, key: Array(id.utf8),
            value: (["request": TestConfiguration.fusion("Number \(number)?")] as JSON).bytes,
            headers: Envelope(id: id, type: "conclave.ask.v1", source: "/test", subject: id, time: WallTime.now.rfc3339)
              .headers)
          _ = try await producer.send(record)
        }
        try await eventually("all are answered", within: .seconds(60)) {
          (0..<24).allSatisfy { !watch.results("after-\($0)").isEmpty }
        }
        for number in 0..<24 {
          let result = try JSON.parse(try #require(watch.results("after-\(number)").first?.value))
          #expect(result["code"]?.int == 200)
        }
        let mischievous = Set(written.map { "\($0.place)/\($0.position.partition)/\($0.position.offset)" })
        try watch.expectDescribed(prefix: system.prefix) {
          mischievous.contains("\($0.topic)/\($0.partition)/\($0.offset)")
        }
      }
    }
  }
}
