import Bus
import Deliberation
import Folding
import Telemetry
import Testing
import Threads

@testable import PanelDispatcher

@Suite("The reader of cancels") struct CancelReaderTests {
  @Test(
    "reads all that stands there before it says so, buries what it cannot read, and goes on", .timeLimit(.minutes(1)))
  func reads() async throws {
    let stage = try await Stage()
    for number in 0..<20 { try await stage.cancel("d\(number)") }
    try await stage.send(Outgoing(topic: stage.topics.cancels, key: nil, value: [7], headers: []))
    let letters = try stage.watch(stage.topics.deadLetters, partitions: 3)
    let book = CancelBook(maximum: 100)
    let told = Lock<(added: [String], caughtUp: [Int])>(([], []))
    let consumer = try stage.consumer([TopicPartition(topic: stage.topics.cancels, partition: 0)], group: nil) {
      CancelReader(
        book: book, topics: stage.topics, producer: stage.producer, recordBytes: 1_000_000, log: .silent,
        added: { name in told.withLock { $0.added.append(name) } },
        caughtUp: { told.withLock { $0.caughtUp.append(book.count) } })
    }
    try await eventually("it says that it is there") { !told.withLock { $0.caughtUp.isEmpty } }
    #expect(told.withLock { $0.caughtUp } == [20])
    try await eventually("the letter is there") { letters.seen.withLock { $0.count } == 1 }
    try await stage.cancel("late")
    try await eventually("the late one is read") { told.withLock { $0.added.last } == "late" }
    #expect(told.withLock { $0.added.count } == 21)
    #expect(told.withLock { $0.caughtUp.count } == 1)
    consumer.stop(within: .seconds(5))
    stage.end()
  }

  @Test("waits without hurry while the broker cannot say where the topic ends", .timeLimit(.minutes(1)))
  func waits() async throws {
    let stage = try await Stage()
    try await stage.cancel("d")
    let log = LogLines()
    let caughtUp = Lock(false)
    // each try asks for the beginnings, then for the ends
    stage.broker.pushErrors(.listOffsets, Array(repeating: .denied, count: 20))
    let begun = ContinuousClock.now
    let consumer = try stage.consumer([TopicPartition(topic: stage.topics.cancels, partition: 0)], group: nil) {
      CancelReader(
        book: CancelBook(maximum: 100), topics: stage.topics, producer: stage.producer, recordBytes: 1_000_000,
        log: log.log, added: { _ in }, caughtUp: { caughtUp.withLock { $0 = true } })
    }
    try await eventually("it is there after all") { caughtUp.withLock { $0 } }
    let seconds = Double((ContinuousClock.now - begun) / .milliseconds(1)) / 1_000
    #expect((1...Int(seconds) + 1).contains(log.count("cancels.wait")), "\(log.count("cancels.wait")) in \(seconds) s")
    consumer.stop(within: .seconds(5))
    stage.end()
  }
}
