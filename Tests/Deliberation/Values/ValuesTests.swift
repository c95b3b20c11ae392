import Deliberation
import Testing

@Suite("The values that records are made of") struct ValuesTests {
  @Test(
    "a moment is written with milliseconds and Z",
    arguments: [
      ("2026-11-21T08:52:03.120Z", "2026-11-21T08:52:03.120Z"), ("2026-11-21T08:52:03Z", "2026-11-21T08:52:03.000Z"),
      ("2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999Z"),
      ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"),
      ("1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"),
      ("1969-12-31T23:59:59.500Z", "1969-12-31T23:59:59.500Z"), ("2000-03-01T00:00:00.1Z", "2000-03-01T00:00:00.100Z"),
    ])
  func moment(text: String, expected: String) throws {
    #expect(try #require(Moment(rfc3339: text)).rfc3339 == expected)
  }

  @Test(
    "what is no moment is refused",
    arguments: ["", "2026", "2026-13-01T00:00:00Z", "2026-11-21 08:52", "2026-11-21T08:52:03", "2026-11-21T24:00:00Z"])
  func noMoment(text: String) {
    #expect(Moment(rfc3339: text) == nil)
  }

  @Test("moments count days as the calendar does") func calendar() throws {
    #expect(try #require(Moment(rfc3339: "2026-11-21T00:00:00Z")).milliseconds == 1_795_219_200_000)
    #expect(Moment(milliseconds: 951_782_400_000).rfc3339 == "2000-02-29T00:00:00.000Z")
    #expect(Moment(milliseconds: -1).rfc3339 == "1969-12-31T23:59:59.999Z")
    // before and after all others: no calendar has them, and writing them down ends nobody
    for far in [Moment(milliseconds: .min), Moment(milliseconds: .max)] { #expect(far.rfc3339.utf8.count == 24) }
  }

  @Test(
    "a call's name reads back",
    arguments: ["gen-1/panel/0/2/1", "a b/judge/3/-/0", "x/decision/0/-/0", "x/answer/0/-/2"])
  func call(text: String) throws {
    #expect(try #require(CallID(text)).text == text)
  }

  @Test(
    "what names no call is refused",
    arguments: [
      "", "a/panel/0/2", "a/panel/0/-/0", "a/judge/0/1/0", "a/panel/00/1/0", "a/lunch/0/-/0", "/judge/0/-/0",
      "a/judge/-1/-/0",
    ])
  func noCall(text: String) {
    #expect(CallID(text) == nil)
  }

  @Test("ids are UUIDs of the versions named, and follow from what they name") func ids() {
    let time = Moment(milliseconds: 0x0123_4567_89AB)
    let random = IDs.deliberation(time: time, random: [UInt8](repeating: 0xFF, count: 10))
    #expect(random == "gen-01234567-89ab-7fff-bfff-ffffffffffff")
    let keyed = IDs.deliberation(tenant: "acme", key: "k")
    #expect(keyed == IDs.deliberation(tenant: "acme", key: "k"))
    #expect(keyed != IDs.deliberation(tenant: "acm", key: "ek"))
    #expect(keyed.split(separator: "-")[3].first == "8")
    #expect(IDs.discriminator(source: "/conclave/gateway", id: "1").count == 16)
    #expect(
      IDs.isUsable("job-17") && !IDs.isUsable("a/b") && !IDs.isUsable("")
        && !IDs.isUsable(String(repeating: "x", count: 65)))
  }
}
