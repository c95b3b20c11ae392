import Deliberation
import Testing

@testable import Conclave

@Suite("What is shown of the past") struct TrailPageTests {
  private func event(_ name: String, _ data: JSON, at second: Int) -> JSON {
    [
      "type": .string("conclave.\(name).v1"), "topic": "conclave.events", "partition": 3, "offset": .int(Int64(second)),
      "time": .string("2026-11-21T10:00:\(second < 10 ? "0" : "")\(second).000Z"), "source": "/conclave/judge",
      "deliberation": "gen-1", "data": data,
    ]
  }

  private func call(_ call: String, _ purpose: String, _ model: String, _ from: Int, _ to: Int) -> JSON {
    [
      "call": .string(call), "purpose": .string(purpose), "model": .string(model), "state": "completed", "cost": 0.25,
      "started": .string("2026-11-21T10:00:0\(from).000Z"), "finished": .string("2026-11-21T10:00:0\(to).000Z"),
    ]
  }

  private var timeline: JSON {
    [
      "deliberation": [
        "id": "gen-1", "status": "completed", "tenant": "acme", "question": "Cats\u{1B}[2J or dogs?", "mode": "merge",
        "judge": "j", "cost": 0.75, "calls": 3, "digest": "abc", "digest_events": 6,
      ],
      "calls": [call("panel/0/0/0", "panel", "a", 1, 3), call("panel/0/1/0", "panel", "b", 1, 5)],
      "events": [
        event(
          "deliberation.requested",
          [
            "tenant": "acme", "mode": "merge", "judge": ["model_asked": "j", "model": "j", "lane": "default"],
            "request": [
              "model": "openrouter/fusion", "messages": [["role": "user", "content": "Cats or dogs?"]],
              "parameters": ["temperature": 0.5],
            ],
          ], at: 0),
        event("call.completed", ["call": "gen-1/panel/0/0/0", "model_asked": "a", "content": "Cats."], at: 3),
        event("call.completed", ["call": "gen-1/panel/0/1/0", "model_asked": "b", "content": "Dogs."], at: 5),
        event(
          "panel.assembled",
          [
            "sealed": "complete", "answered": ["gen-1/panel/0/0/0", "gen-1/panel/0/1/0"], "failed": [], "abandoned": [],
          ],
          at: 6),
        event(
          "analysis.completed",
          [
            "analysis": [
              "consensus": ["both are animals"],
              "contradictions": [
                [
                  "topic": "which", "stances": [["model": "a", "stance": "cats"], ["model": "b", "stance": "dogs"]],
                ]
              ],
            ], "evidence_total": 2, "evidence_verified": 1,
            "evidence": [
              ["call": "gen-1/panel/0/0/0", "quote": "Cats.", "verified": true],
              ["call": "gen-1/panel/0/1/0", "quote": "Wolves.", "verified": false],
            ],
          ], at: 7),
      ],
    ]
  }

  @Test("is a bar for each call, who said what, what was compared, and the way through the log") func page() {
    let page = ShowPage(timeline, paint: Paint(isOn: false)).lines.joined(separator: "\n")
    for part in [
      "gen-1  completed", "Cats [2J or dogs?", "$0.750000, 3 calls", "2000 ms  $0.250000", "[0] a", "      Cats.",
      "= both are animals", "≠ which", "      b: dogs", "1 of 2 quotes", "✓ verified  a: “Cats.”",
      "✗ not found  b: “Wolves.”",
      "conclave.events/3/6", "panel.assembled",
    ] { #expect(page.contains(part), "\(part) is not in\n\(page)") }
    #expect(!page.contains("\u{1B}"))
    // bars are for terminals
    #expect(!page.contains("━") && page.contains("after 1000 ms"))
    let bars = ShowPage(timeline, paint: Paint(isOn: true)).lines.filter { $0.contains("━") }
    // twice as long, twice the bar
    let lengths = bars.map { $0.count { $0 == "━" } }
    #expect(lengths.count == 2 && lengths.last == 2 * (lengths.first ?? 0))
  }

  @Test("is asked again with the answers beside the old request") func replay() throws {
    let question = try Replay(timeline).question(judge: "other", mode: "best-of")
    #expect(
      question.body == [
        "model": "openrouter/fusion", "messages": [["role": "user", "content": "Cats or dogs?"]], "temperature": 0.5,
        "plugins": [["id": "fusion", "mode": "best-of", "model": "other"]],
      ])
    #expect(question.beside["replays"] == "gen-1")
    #expect(
      question.beside["recorded_panel"] == [
        ["model": "a", "content": "Cats.", "call": "gen-1/panel/0/0/0"],
        ["model": "b", "content": "Dogs.", "call": "gen-1/panel/0/1/0"],
      ])
    var forgotten = timeline.object ?? JSONObject()
    var summary = forgotten["deliberation"]?.object ?? JSONObject()
    summary["forgotten"] = ["by": "operator"]
    forgotten["deliberation"] = .object(summary)
    #expect(throws: CommandError.self) { try Replay(.object(forgotten)) }
  }

  @Test("is written out as a table whose every row has every column") func flat() throws {
    let row: JSON = [
      "id": "gen-1", "question": "a \"b\", c\nd", "cost": 0, "panel": ["x", "y"], "usage": ["prompt_tokens": 3],
    ]
    let flat = FlatTable.deliberations.flat(row)
    #expect(flat.object?.members.count == FlatTable.deliberations.columns.count)
    #expect(flat["prompt_tokens"] == 3 && flat["winner"] == .null && flat["cost_final"] == false)
    #expect(flat["panel"]?.string == #"["x","y"]"#)
    let csv = FlatTable.deliberations.csv(row)
    #expect(csv.contains("\"a \"\"b\"\", c\nd\""))
    #expect(csv.hasPrefix("gen-1,,"))
  }

  @Test("is told in one line an event, whatever the event holds") func lines() {
    let line = LogLine(paint: Paint(isOn: true))
    for name in ["call.failed", "deliberation.completed", "some.thing.new"] {
      let text = line.text(event(name, ["message": "a\nb\u{7}", "reason": "timeout"], at: 1))
      #expect(!text.contains("\n") && !text.contains("\u{7}") && text.contains(name))
    }
    #expect(LogFilter(model: "a").takes(["data": ["members": [["model_asked": "a"]]]]))
    #expect(!LogFilter(type: "call.").takes(["type": "conclave.panel.assembled.v1"]))
  }
}
