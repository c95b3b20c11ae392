import Deliberation
import Settings
import Telemetry
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

  private static let one = Visitor(tenant: "acme", key: 0)
  private static let two = Visitor(tenant: "acme", key: 1)

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

  @Test(
    "takes nothing of a key's rate for what finds no room, and lets who comes along with another in by its rate alone")
  func refund() throws {
    let keys = Keys([Self.key("acme", "one", rate: 2, concurrent: 1), Self.key("acme", "two")])
    let entrance = Gateway.Entrance(keys, Admission.Bounds(open: 1, bytes: 1_000), metrics: Metrics(), now: 0)
    let load = Admission.Load(question: 10, members: 0, partition: 0)
    let other = try entrance.enter(Self.two, load, now: 0)
    for _ in 0..<5 { #expect(throws: Failure.self) { try entrance.enter(Self.one, load, now: 0) } }
    entrance.leave(other, cost: 0, now: 0)
    let ticket = try entrance.enter(Self.one, load, now: 0)
    try entrance.join(Self.one, now: 0)
    #expect(throws: Failure.self) { try entrance.join(Self.one, now: 0) }
    entrance.leave(ticket, cost: 0, now: 0)
    #expect(throws: Failure.self) { try entrance.enter(Self.one, load, now: 0) }
    _ = try entrance.enter(Self.one, load, now: 30_000)
  }

  @Test("begins with what the day has cost so far, as the ledger knows it") func costOfTheDay() throws {
    let day: Int64 = 20_000 * 86_400_000
    let keys = Keys([Self.key("acme", "one", cost: 1), Self.key("other", "two", cost: 1), Self.key("acme", "three")])
    let entrance = Gateway.Entrance(keys, Admission.Bounds(open: 9, bytes: 1_000), metrics: Metrics(), now: day)
    let load = Admission.Load(question: 10, members: 0, partition: 0)
    #expect(entrance.limited == ["acme", "other"])
    entrance.learn([keys.keys[0].mark: 2, keys.keys[2].mark: 9], of: "acme", now: day)
    // one key may be two tenants' by mistake of whoever configures them: what one of them cost is not the other's
    entrance.learn([keys.keys[0].mark: 9, keys.keys[1].mark: 0.5], of: "other", now: day)
    do {
      _ = try entrance.enter(Self.one, load, now: day)
      Issue.record("more was asked than the day may cost")
    } catch { #expect(error.status == 402) }
    _ = try entrance.enter(Visitor(tenant: "other", key: 1), load, now: day)
    _ = try entrance.enter(Visitor(tenant: "acme", key: 2), load, now: day)
    _ = try entrance.enter(Self.one, load, now: day + 86_400_000)
  }

  @Test("has so many places for what takes long, of which one key leaves others half") func places() throws {
    let gauge = Metrics().gauge("places", "")
    let places = Places(4, setting: "gateway.max_followers", isShared: true, gauge)
    var first = [try places.take(Self.one), try places.take(Self.one)]
    do {
      _ = try places.take(Self.one)
      Issue.record("one key has more than half")
    } catch {
      #expect(error.status == 429 && error.retryAfter == 1 && error.message.contains("gateway.max_followers"))
    }
    let second = [try places.take(Self.two), try places.take(Self.two)]
    #expect(throws: Failure.self) { try places.take(Visitor(tenant: "other", key: 2)) }
    first = []
    _ = try places.take(Visitor(tenant: "other", key: 2))
    withExtendedLifetime((first, second)) {}
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
    #expect(admission.enter(Self.one, load) == nil)
    #expect(admission.enter(Self.one, load) == nil)
    #expect(admission.enter(Self.one, load) == .bytes)
    let small = Admission.Load(question: 100, members: 0, partition: 2)
    #expect(admission.enter(Self.one, small) == nil)
    #expect(admission.enter(Self.one, small) == .full)
    for gone in [load, load, small] { admission.leave(Self.one, gone) }
    #expect(admission.open == 0 && admission.bytes == 0)
    #expect(admission.enter(Self.one, Admission.Load(question: 9_000, members: 3, partition: 1)) == nil)
  }

  @Test("leaves others room when one key asks for all of it, also one of the same tenant") func fair() {
    let load = Admission.Load(question: 10, members: 0, partition: 0)
    var admission = Admission(Admission.Bounds(open: 100, bytes: 1_000_000), isShared: true)
    var greedy = 0
    while admission.enter(Self.one, load) == nil { greedy += 1 }
    #expect((75...85).contains(greedy))
    var modest = 0
    while admission.enter(Self.two, load) == nil { modest += 1 }
    #expect(modest >= 10)
    // with both at it the shares even out as places become free
    for _ in 0..<400 {
      admission.leave(greedy > modest ? Self.one : Self.two, load)
      if greedy > modest { greedy -= 1 } else { modest -= 1 }
      if admission.enter(Self.two, load) == nil { modest += 1 }
      if admission.enter(Self.one, load) == nil { greedy += 1 }
    }
    #expect(abs(greedy - modest) < 10, "\(greedy) and \(modest)")
  }

  @Test("counts the copies of a question against what the embedded broker keeps of a partition") func copies() {
    let large = Admission.Load(question: 300_000, members: 3, partition: 1)
    var admission = Admission(
      Admission.Bounds(open: 1_000, bytes: 100_000_000, partition: 700_000, lane: 4_000_000), isShared: false)
    #expect(admission.enter(Self.one, large) == nil)
    #expect(admission.enter(Self.one, large) == nil)
    #expect(admission.enter(Self.one, large) == .partition)
    let elsewhere = Admission.Load(question: 300_000, members: 3, partition: 2)
    // five calls of 300 KB each: the third is over what a lane keeps
    #expect(admission.enter(Self.one, elsewhere) == .partition)
    admission.leave(Self.one, large)
    #expect(admission.enter(Self.one, elsewhere) == nil)
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
      "/", "/v1", "/v1/", "/v2/models", "/v1/deliberations/x/members", "/v1/models%00", "/v1/deliberations/",
      "/v1/deliberations/x/members/y", "//v1/models",
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
    let wanted = "x-stainless-helper-method, openai-project, x-evil, x-stainless-a b"
    let request = ServerRequest(
      method: "OPTIONS", path: "/v1/models", headers: ask + [("Access-Control-Request-Headers", wanted)])
    let headers = origins.preflight(request)?.first { $0.0 == "Access-Control-Allow-Headers" }?.1 ?? ""
    for name in [
      "X-OpenRouter-Cache-TTL", "traceparent", "Last-Event-ID", "x-stainless-helper-method", "openai-project",
    ] { #expect(headers.contains(name), "\(name)") }
    #expect(!headers.contains("evil"))
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
