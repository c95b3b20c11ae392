import Testing
import Threads

@testable import ModelSimulator

@Suite struct AlarmsTests {
  @Test("what is due comes out in order of its time, and among equals in order of arrival")
  func ordered() {
    var heap = AlarmHeap<Int>()
    let dues: [Int64] = (0..<500).map { Int64(Seed("due").mixed($0).below(50)) }
    for (number, due) in dues.enumerated() { heap.insert(number, due: due) }
    var taken: [Int] = []
    for now in Int64(0)..<50 {
      let batch = heap.removeDue(now)
      #expect(batch.allSatisfy { dues[$0] == now })
      taken += batch
    }
    #expect(taken == dues.indices.sorted { (dues[$0], $0) < (dues[$1], $1) })
    #expect(heap.earliest == nil)
  }

  @Test("an alarm rings at its time and not before, also when a later one was set first", .timeLimit(.minutes(1)))
  func rings() async {
    let alarms = Alarms()
    let start = Alarms.now()
    let rung = Lock<[Int]>([])
    await withCheckedContinuation { continuation in
      alarms.after(60) {
        rung.withLock { $0.append(60) }
        continuation.resume()
      }
      alarms.after(20) { rung.withLock { $0.append(20) } }
      alarms.after(0) { rung.withLock { $0.append(0) } }
    }
    #expect(Alarms.now() - start >= 60_000_000)
    #expect(rung.withLock { $0 } == [0, 20, 60])
    alarms.stop()
  }

  @Test("after a stop nothing rings", .timeLimit(.minutes(1)))
  func stopped() {
    let alarms = Alarms()
    let rung = Lock(false)
    alarms.after(1_000_000) { rung.withLock { $0 = true } }
    #expect(alarms.waiting == 1)
    alarms.stop()
    alarms.after(0) { rung.withLock { $0 = true } }
    #expect(alarms.waiting == 0)
    #expect(!rung.withLock { $0 })
  }
}
