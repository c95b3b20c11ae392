import Deliberation
import Settings
import Testing
import Web

@testable import Gateway

@Suite("The edge") struct EdgeTests {
  private static func key(
    _ tenant: String, _ text: String, rate: Int? = nil, concurrent: Int? = nil, cost: Double? = nil
  ) -> APIKey {
    APIKey(
      tenant: tenant, sha256: SHA256.hex(Array(text.utf8)), requestsPerMinute: rate, concurrent: concurrent,
      costPerDay: cost)
  }

  @Test("knows whose a key is, and lets nobody in without one once there are any") func keys() {
    let keys = Keys([Self.key("acme", "one"), Self.key("other", "two")])
    #expect(keys.visitor("Bearer one") == Visitor(tenant: "acme", key: 0))
    #expect(keys.visitor("bearer two") == Visitor(tenant: "other", key: 1))
    for wrong in [nil, "", "Bearer", "Bearer ", "Bearer three", "Basic one", "one", "Bearer one "] {
      #expect(keys.visitor(wrong) == nil, "\(wrong ?? "nothing")")
    }
    #expect(Keys([]).visitor(nil) == Visitor(tenant: "default", key: nil))
  }

  @Test("gives a key its requests a minute, and says when the next may come") func rate() {
    var meter = KeyMeter(Self.key("acme", "one", rate: 60), now: 0)
    for _ in 0..<60 {
      #expect(meter.enter(0) == nil)
      meter.leave(cost: 0, 0)
    }
    #expect(meter.enter(0) == .rate(retryAfter: 1))
    #expect(meter.enter(999) == .rate(retryAfter: 1))
    #expect(meter.enter(1_000) == nil)
    let headers = Dictionary(meter.headers(1_000), uniquingKeysWith: { first, _ in first })
    #expect(headers["X-RateLimit-Limit"] == "60" && headers["X-RateLimit-Remaining"] == "0")
    #expect(headers["X-RateLimit-Reset"] == "61000")
  }

  @Test("gives a key so many at once, and so much a day") func concurrentAndCost() {
    let day: Int64 = 86_400_000
    var meter = KeyMeter(Self.key("acme", "one", concurrent: 2, cost: 1), now: day)
    #expect(meter.enter(day) == nil)
    #expect(meter.enter(day) == nil)
    #expect(meter.enter(day) == .concurrent(limit: 2))
    meter.leave(cost: 0.6, day)
    #expect(meter.enter(day) == nil)
    meter.leave(cost: 0.6, day + 1)
    #expect(meter.enter(day + 3_600_000) == .cost(limit: 1, retryAfter: 82_801))
    #expect(meter.enter(2 * day) == nil)
  }

  @Test("keeps what is open under its bounds, and has all of it back in the end") func bounds() {
    let load = Admission.Load(question: 1_000, members: 3, partition: 1)
    var admission = Admission(Admission.Bounds(open: 3, bytes: 2_500), isShared: false)
    #expect(admission.enter("a", load) == nil)
    #expect(admission.enter("a", load) == nil)
    #expect(admission.enter("a", load) == .bytes)
    let small = Admission.Load(question: 100, members: 0, partition: 2)
    #expect(admission.enter("a", small) == nil)
    #expect(admission.enter("a", small) == .full)
    for gone in [load, load, small] { admission.leave("a", gone) }
    #expect(admission.open == 0 && admission.bytes == 0)
    #expect(admission.enter("a", Admission.Load(question: 9_000, members: 3, partition: 1)) == nil)
  }

  @Test("leaves others room when one tenant asks for all of it") func fair() {
    let load = Admission.Load(question: 10, members: 0, partition: 0)
    var admission = Admission(Admission.Bounds(open: 100, bytes: 1_000_000), isShared: true)
    var greedy = 0
    while admission.enter("greedy", load) == nil { greedy += 1 }
    #expect((75...85).contains(greedy))
    var modest = 0
    while admission.enter("modest", load) == nil { modest += 1 }
    #expect(modest >= 10)
    // with both at it the shares even out as places become free
    for _ in 0..<400 {
      admission.leave(greedy > modest ? "greedy" : "modest", load)
      if greedy > modest { greedy -= 1 } else { modest -= 1 }
      if admission.enter("modest", load) == nil { modest += 1 }
      if admission.enter("greedy", load) == nil { greedy += 1 }
    }
    #expect(abs(greedy - modest) < 10, "\(greedy) and \(modest)")
  }

  @Test("counts the copies of a question against what the embedded broker keeps of a partition") func copies() {
    let large = Admission.Load(question: 300_000, members: 3, partition: 1)
    var admission = Admission(
      Admission.Bounds(open: 1_000, bytes: 100_000_000, partition: 700_000, lane: 4_000_000), isShared: false)
    #expect(admission.enter("a", large) == nil)
    #expect(admission.enter("a", large) == nil)
    #expect(admission.enter("a", large) == .partition)
    let elsewhere = Admission.Load(question: 300_000, members: 3, partition: 2)
    // five calls of 300 KB each: the third is over what a lane keeps
    #expect(admission.enter("a", elsewhere) == .partition)
    admission.leave("a", large)
    #expect(admission.enter("a", elsewhere) == nil)
  }

  @Test("knows its paths under /v1 and /api/v1") func paths() {
    for prefix in ["/v1", "/api/v1"] {
      #expect(Path("\(prefix)/chat/completions") == .chatCompletions)
      #expect(Path("\(prefix)/responses") == .responses)
      #expect(Path("\(prefix)/models") == .models)
      #expect(Path("\(prefix)/model/~a/b-latest") == .model("~a/b-latest"))
      #expect(Path("\(prefix)/generation") == .generation)
      #expect(Path("\(prefix)/deliberations") == .deliberations)
      #expect(Path("\(prefix)/deliberations/x") == .deliberation("x"))
      #expect(Path("\(prefix)/deliberations/x/events") == .events("x"))
      #expect(Path("\(prefix)/deliberations/x/members/3") == .member("x", 3))
    }
    for wrong in [
      "/", "/v1", "/v1/", "/v2/models", "/v1/deliberations/", "/v1/deliberations/x/members/y", "//v1/models",
    ] { #expect(Path(wrong) == nil, "\(wrong)") }
  }

  @Test("lets pages of the origins that are named ask, and no others") func origins() {
    let origins = Origins(["https://chat.example"])
    #expect(origins.headers("https://chat.example").contains { $0.1 == "https://chat.example" })
    #expect(origins.headers("https://evil.example").isEmpty)
    #expect(origins.headers(nil).isEmpty)
    let ask = [("Origin", "https://chat.example"), ("Access-Control-Request-Method", "POST")]
    #expect(origins.preflight(ServerRequest(method: "OPTIONS", path: "/v1/models", headers: ask)) != nil)
    #expect(Origins([]).preflight(ServerRequest(method: "OPTIONS", path: "/v1/models", headers: ask)) == nil)
    #expect(Origins(["*"]).headers("https://any.example").contains { $0.1 == "*" })
  }

  @Test("remembers no more than it may") func memory() {
    let known = Recollection(entries: 3, bytes: 10_000)
    for number in 0..<5 {
      known.begin(
        "\(number)",
        Recollection.Entry(tenant: "t", ask: "a", form: .chat, bodyHash: "", isStreamed: false, asked: 0))
    }
    #expect(known["1"] == nil && known["2"] != nil && known["4"] != nil)
    known.result("3", 200, ["text": .string(String(repeating: "x", count: 9_500))], now: 1)
    #expect(known["2"] == nil)
    #expect(known["4"]?.status == "open")
    #expect(known["3"] == nil || known["3"]?.status == "completed")
  }
}
