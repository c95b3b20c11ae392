import Telemetry
import Testing
import Threads

@testable import Bus

@Suite("What a producer has not got acknowledged") struct PendingRecordsTests {
  static func pending(_ records: inout PendingRecords, _ count: Int) -> [UInt] {
    (0..<count).map { number in
      records.add(
        .init(
          record: Outgoing(topic: "t", key: nil, value: [UInt8](repeating: 0, count: number)), acknowledged: { _ in },
          since: .now))
    }
  }

  static func drain(_ records: inout PendingRecords) -> [UInt] {
    var order: [UInt] = []
    while let (number, _) = records.firstWaiting {
      order.append(number)
      records.popWaiting()
    }
    return order
  }

  @Test("goes to a new handle in the order in which it was sent") func order() {
    var records = PendingRecords()
    let numbers = Self.pending(&records, 100)
    for number in numbers where number % 3 == 0 { _ = records.remove(number) }
    records.waitAll()
    let order = Self.drain(&records)
    #expect(order == numbers.filter { $0 % 3 != 0 })
  }

  @Test("takes its place again among what waits") func place() {
    var records = PendingRecords()
    let numbers = Self.pending(&records, 6)
    for number in numbers[3...] { records.wait(number) }
    records.waitAgain(numbers[1])
    records.waitAgain(999)
    let order = Self.drain(&records)
    #expect(order == [numbers[1], numbers[3], numbers[4], numbers[5]])
  }

  @Test("is counted in records and bytes") func bytes() {
    var records = PendingRecords()
    let numbers = Self.pending(&records, 5)
    #expect(records.bytes == 10)
    _ = records.remove(numbers[4])
    _ = records.remove(numbers[4])
    #expect(records.bytes == 6)
    #expect(records.count == 4)
    let left = records.removeAll()
    #expect(left.count == 4)
    #expect(records.isEmpty && records.bytes == 0)
  }

  @Test("comes back in its place however many fail at once") func many() {
    var records = PendingRecords()
    let numbers = Self.pending(&records, 20_000)
    for number in numbers where number % 2 == 0 { records.wait(number) }
    let begun = ContinuousClock.now
    for number in numbers.reversed() where number % 2 == 1 { records.waitAgain(number) }
    let order = Self.drain(&records)
    #expect(order == numbers)
    #expect(begun.duration(to: .now) < .seconds(5))
  }

  @Test("waits for its topic alone, in order, until one of it is taken") func stalled() {
    var records = PendingRecords()
    let numbers = Self.pending(&records, 10)
    let now = ContinuousClock.now
    records.stall(numbers[2], .denied("t", why: ""), until: now)
    records.stall(numbers[0], .denied("t", why: ""), until: now)
    let (behind, beside) = (numbers[3...].map { records.stallsToo($0, "t") }, records.stallsToo(numbers[1], "other"))
    #expect(behind.allSatisfy { $0 } && !beside)
    #expect(!records.hasWaiting)
    // a success that was under way before says nothing
    records.opened("t")
    #expect(!records.hasWaiting)
    records.tryAgain("t", probe: 2, next: now)
    let probes = Self.drain(&records)
    #expect(probes == [numbers[0], numbers[2]])
    // what comes meanwhile stands behind
    let isBehind = records.stallsToo(numbers[1], "t")
    #expect(isBehind)
    records.opened("t")
    let rest = Self.drain(&records)
    #expect(rest == [numbers[1]] + numbers[3...])
    #expect(records.stalled.isEmpty)
  }

  @Test("is bounded: what is sent beyond waits for a place, and goes in the order in which it was sent") func bound() {
    var state = ProducerState()
    func pending(_ number: Int) -> PendingRecords.Pending {
      .init(
        record: Outgoing(topic: "t", key: nil, value: Array("\(number)".utf8)), acknowledged: { _ in }, since: .now)
    }
    let nothing = state.handWaiting(limit: 10)
    #expect(nothing)
    for number in 0..<Tuning.maxInFlight { state.take(pending(number)) }
    #expect(state.pending.hasWaiting, "without a handle it waits")
    let something = state.handWaiting(limit: 10)
    #expect(!something)
    #expect(!state.isFull(for: 1) && state.isFull(for: Tuning.maxPendingBytes))
    for number in 0..<3 { state.enqueue(pending(Tuning.maxInFlight + number)) }
    state.admit()
    #expect(state.queue.count == 3 && state.queuedBytes == 15)
    for number in 1...2 { _ = state.pending.remove(UInt(number)) }
    state.admit()
    #expect(state.queue.count == 1 && state.queuedBytes == 5)
    #expect(state.pending.count == Tuning.maxInFlight)
    let left = state.removeQueue()
    #expect(left.count == 1 && state.queuedBytes == 0)
  }
}

@Suite("A fenced member") struct FencesTests {
  static let start = ContinuousClock.now
  static let session = Duration.seconds(30)

  static func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test("has lost its session when that happens once, long after it joined") func once() {
    var fences = Fences()
    fences.hasJoined(at: Self.at(0))
    let first = fences.fenced(at: Self.at(100), session: Self.session)
    #expect(!first)
    fences.hasJoined(at: Self.at(101))
    let later = fences.fenced(at: Self.at(200), session: Self.session)
    #expect(!later)
  }

  @Test("shares its name when that happens twice within a session") func twice() {
    var fences = Fences()
    fences.hasJoined(at: Self.at(0))
    let first = fences.fenced(at: Self.at(100), session: Self.session)
    let second = fences.fenced(at: Self.at(110), session: Self.session)
    #expect(!first && second)
  }

  @Test("shares its name when it has only just joined: it is the later one") func young() {
    var fences = Fences()
    fences.hasJoined(at: Self.at(0))
    let first = fences.fenced(at: Self.at(5), session: Self.session)
    #expect(first)
  }
}

@Suite("A producer that is given up again and again") struct SetbacksTests {
  @Test("is replaced at once, then after ever longer, until one has written something") func pauses() {
    var setbacks = Setbacks()
    let pauses = (0..<9).map { _ in setbacks.pause() }
    #expect(pauses == [0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map { .milliseconds($0) })
    for _ in 0..<100 { _ = setbacks.pause() }
    let longest = setbacks.pause()
    #expect(longest == Setbacks.longest)
    setbacks.hasWritten()
    let again = (0..<2).map { _ in setbacks.pause() }
    #expect(again == [.zero, Setbacks.first])
  }
}

@Suite("librdkafka's log lines") struct LogLinesTests {
  @Test("come out at our levels, without what is known noise") func levels() {
    #expect(LogLines.level(4, "CONFWARN", "x") == nil)
    #expect(LogLines.level(3, "ERROR", "Broker: Coordinator load in progress") == nil)
    #expect(LogLines.level(3, "FAIL", "Connection refused") == .warning)
    #expect(LogLines.level(2, "ASSERT", "x") == .error)
    #expect(LogLines.level(4, "OFFSET", "x") == .warning)
    #expect(LogLines.level(6, "PARTCNT", "x") == .info)
    #expect(LogLines.level(7, "FETCH", "x") == .debug)
  }
}

extension OverBroker {
  @Suite("The benchmark", .timeLimit(.minutes(2))) struct BusBenchTests {
    @Test("measures the bus and the plain loop on the same records") func both() async throws {
      let result = try await BusBench.run(nil, recordBytes: 100, hops: 30, records: 3_000, log: .silent)
      #expect(result.hops == 30 && result.records == 3_000)
      for figures in [result.bus, result.plain] {
        #expect(figures.p50 > 0 && figures.p99 >= figures.p50 && figures.recordsPerSecond > 0)
      }
      #expect(result.hopRatio > 0.05 && result.hopRatio < 20)
    }
  }
}
