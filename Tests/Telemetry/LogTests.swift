import Telemetry
import Testing
import Threads

@Suite struct LogTests {
  private func lines(
    _ format: Log.Format, level: Log.Level = .debug, _ body: (Log) -> Void
  ) -> [String] {
    let written = Lock<[String]>([])
    body(
      Log(service: "judge", instance: "judge-0", level: level, format: format) { line in
        written.withLock { $0.append(line) }
      })
    return written.withLock { $0 }
  }

  private func afterTime(_ line: String) -> String { String(line.dropFirst("2026-11-21T08:52:00.123Z ".count)) }

  @Test("a text line is time, level, event and fields")
  func textLine() throws {
    let line = try #require(lines(.text) { $0.info("call.completed", ("model", "a/b"), ("ms", 12)) }.first)
    #expect(afterTime(line) == "info call.completed model=a/b ms=12")
  }

  @Test(
    "whatever a value holds, the line stays one line",
    arguments: [("two words", "\"two words\""), ("a\nb", "\"a\\nb\""), ("", "\"\""), ("\"", "\"\\\"\"")])
  func oneLine(value: String, shown: String) throws {
    let line = try #require(lines(.text) { $0.info("e", ("v", value)) }.first)
    #expect(afterTime(line) == "info e v=\(shown)")
  }

  @Test("a JSON line keeps numbers and truth values as such")
  func jsonLine() throws {
    let line = try #require(
      lines(.json) { $0.with(("id", "gen-1")).warning("e", ("n", 3), ("d", 0.5), ("b", true), ("s", "a\u{1}\\")) }.first
    )
    let tail = "\"service\":\"judge\",\"instance\":\"judge-0\",\"event\":\"e\",\"id\":\"gen-1\",\"n\":3,\"d\":0.5,"
    #expect(line.hasPrefix("{\"time\":\"20"))
    #expect(line.hasSuffix("\"level\":\"warning\"," + tail + "\"b\":true,\"s\":\"a\\u0001\\\\\"}"))
  }

  @Test("what is below the level is not written")
  func level() {
    let written = lines(.text, level: .warning) { log in
      log.debug("a")
      log.info("b")
      log.warning("c")
      log.error("d")
    }
    #expect(written.map(afterTime) == ["warning c", "error d"])
  }

  @Test("a value without end is cut")
  func longValue() throws {
    let line = try #require(lines(.text) { $0.info("e", ("v", String(repeating: "x", count: 100_000))) }.first)
    #expect(line.utf8.count < 2_100)
  }
}
