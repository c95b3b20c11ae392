import Bus
import Deliberation
import ModelCaller
import Models
import Testing

@Suite struct CancellingTests {
  @Test func `a cancelled call is stopped, and failed at the cost that was reported`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    #expect(table.hear(.cancelled(deliberation: "d1", calls: nil)).stopped == 1)
    // a second cancellation changes nothing
    #expect(table.hear(.cancelled(deliberation: "d1", calls: [Table.name("d1")])).stopped == 0)
    let ended = table.fail(attempt, ProviderFailure(.cancelled, message: "", remedy: .none))
    #expect(ended.failures == ["cancelled"])
    #expect(ended.outcomes.first?.json["cost"]?.number == 0)
  }

  @Test func `a cancellation that came before its command stops it too`() {
    var table = Table()
    _ = table.hear(.cancelled(deliberation: "d1", calls: nil))
    _ = table.hear(.cancelled(deliberation: "d2", calls: ["d2/panel/0/1/0"]))
    _ = table.assign()
    let first = table.read(0, "d1")
    #expect(first.attempts.isEmpty)
    #expect(first.failures == ["cancelled"])
    #expect(table.read(1, "d2").attempts.count == 1)
  }

  @Test func `only the calls that are named are cancelled`() throws {
    var table = Table()
    _ = table.assign()
    _ = table.read(0, "d1")
    #expect(table.hear(.cancelled(deliberation: "d1", calls: ["d1/panel/0/5/0"])).stopped == 0)
    // a call of another deliberation is not this one's to cancel
    #expect(table.hear(.cancelled(deliberation: "d9", calls: [Table.name("d1")])).stopped == 0)
    #expect(table.hear(.cancelled(deliberation: "d1", calls: [Table.name("d1")])).stopped == 1)
  }

  @Test func `a call that waits for its next try is cancelled at once`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    let failure = ProviderFailure(.rateLimited, status: 429, message: "", remedy: .later, retryAfter: 5_000)
    #expect(table.fail(attempt, failure).isEmpty)
    #expect(table.hear(.cancelled(deliberation: "d1", calls: nil)).failures == ["cancelled"])
  }

  @Test func `no more cancellations are remembered than the bound allows`() {
    var table = Table { $0.cancels = 2 }
    for number in 0..<3 { _ = table.hear(.cancelled(deliberation: "d\(number)", calls: nil)) }
    _ = table.assign()
    #expect(table.read(0, "d0").attempts.count == 1)
    #expect(table.read(1, "d2").attempts.isEmpty)
  }

  @Test func `a cancellation is forgotten when no call can still have time`() {
    var table = Table()
    _ = table.hear(.cancelled(deliberation: "d1", calls: nil))
    table.now = table.now + 2_000_000
    _ = table.hear(.cancelled(deliberation: "d2", calls: nil))
    _ = table.assign()
    #expect(table.read(0, "d1").attempts.count == 1)
  }
}
