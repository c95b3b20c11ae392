import Deliberation
import Testing

@testable import Models

@Suite("Chunks that bring text alone") struct PlainChunksTests {
  private static func chunk(_ text: String, model: String = "m") -> String {
    #"{"id":"1","model":"\#(model)","choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":null}]}"#
  }

  @Test(
    "are read as if each were read whole",
    arguments: [
      [chunk("Hello"), chunk(" there"), chunk(""), chunk(" again")],
      [chunk("one"), chunk(#"a \"quote\" and \n a line"#), chunk("two")],
      [chunk("plain"), chunk("Gr\u{fc}\u{df}e"), chunk("plain")],
      [chunk("a"), chunk("b", model: "other"), chunk("c", model: "other"), chunk("d")],
      [
        chunk("a"), #"{"choices":[{"delta":{"reasoning":"why"},"finish_reason":null}]}"#, chunk("b"),
        #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
      ],
      // the same name elsewhere: nothing can be told from where the text stands
      [
        #"{"x":{"content":"a"},"choices":[{"delta":{"content":"a"},"finish_reason":null}]}"#,
        #"{"x":{"content":"b"},"choices":[{"delta":{"content":"a"},"finish_reason":null}]}"#,
      ],
      [
        #"{"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
        #"{"choices":[{"delta":{"content":"b"},"finish_reason":null}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
      ],
      // a last word in the chunk that ends
      [
        chunk("a"), #"{"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}"#,
        chunk("c"),
      ],
    ])
  func same(chunks: [String]) throws {
    var quick = OpenAIAnswer()
    var whole = OpenAIAnswer()
    for chunk in chunks {
      let data = Array(chunk.utf8)
      let json = try JSON.parse(data)
      let delta = quick.text(of: data) ?? quick.event(json, data)
      #expect((delta?.text ?? "") == (whole.event(json, data)?.text ?? ""))
    }
    #expect(quick.answer.content == whole.answer.content)
    #expect(quick.answer.model == whole.answer.model)
    #expect(quick.answer.finishReason == whole.answer.finishReason)
  }

  @Test("are taken the quick way from the second on, and only where they are like the one before") func quick() throws {
    var answer = OpenAIAnswer()
    let first = Array(Self.chunk("Hello").utf8)
    #expect(answer.text(of: first) == nil)
    _ = answer.event(try JSON.parse(first), first)
    #expect(answer.text(of: Array(Self.chunk(" there").utf8))?.text == " there")
    #expect(answer.text(of: Array(Self.chunk(#"\u0041"#).utf8)) == nil)
    #expect(answer.text(of: Array(Self.chunk("x", model: "other").utf8)) == nil)
    #expect(answer.text(of: Array(Self.chunk("x").utf8.dropLast())) == nil)
  }
}
