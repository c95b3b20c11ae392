import Deliberation
import Models
import Testing
import Web

@Suite struct OpenAIRequestTests {
  private func request(_ base: String, _ asked: ProviderRequest, streams: Bool = true) -> HTTPRequest {
    ProviderSettings(name: "p", baseURL: base, key: Secret("sk-1234567"), streams: streams)
      .request(asked, total: .seconds(9), maxBodyBytes: 5)
  }

  private let asked = ProviderRequest(
    model: "m", messages: [["role": "user", "content": [["type": "image_url", "image_url": ["url": "x"]]]]],
    tools: [["type": "function", "function": ["name": "f"]]],
    parameters: [
      "temperature": 0.5, "stream": false, "model": "another", "seed": .null, "reasoning": ["effort": "high"],
    ],
    responseFormat: ["type": "json_object"], headers: [("x-openrouter-fusion-depth", "1")])

  @Test func `a request carries what was asked for, its key in a header, and nothing that the caller decides itself`()
    throws
  {
    let http = request("https://openrouter.ai/api/v1", asked)
    #expect(http.url == "https://openrouter.ai/api/v1/chat/completions")
    #expect(http.headers.contains { $0 == ("authorization", "Bearer sk-1234567") })
    #expect(http.headers.contains { $0 == ("x-openrouter-fusion-depth", "1") })
    #expect(http.timeouts.firstByte == .seconds(9))
    let body = try JSON.parse(http.body)
    #expect(body["model"]?.string == "m")
    #expect(body["stream"]?.bool == true)
    #expect(body["stream_options"] == ["include_usage": true])
    #expect(body["messages"] == asked.messages)
    #expect(body["temperature"]?.number == 0.5)
    #expect(body["response_format"] == ["type": "json_object"])
    #expect(body["reasoning"] == ["effort": "high"])
    #expect(body["seed"] == nil)
  }

  @Test func `who is no router gets the effort of reasoning in the form that it knows`() throws {
    let body = try JSON.parse(request("https://api.openai.example/v1", asked).body)
    #expect(body["reasoning"] == nil)
    #expect(body["reasoning_effort"]?.string == "high")
  }

  @Test func `an address with a query keeps it behind the path, and a key goes into the header that is named`() {
    let azure = ProviderSettings(
      name: "azure", baseURL: "https://x.example/openai/deployments/d/?api-version=2024-10-21",
      key: Secret("0123456789"), keyHeader: "api-key")
    let http = azure.request(asked, total: .seconds(9), maxBodyBytes: 5)
    #expect(http.url == "https://x.example/openai/deployments/d/chat/completions?api-version=2024-10-21")
    #expect(http.headers.contains { $0 == ("api-key", "0123456789") })
    #expect(!http.headers.contains { $0.0 == "authorization" })
  }

  @Test func `a server that cannot stream is asked for the whole, and is not timed between pieces`() throws {
    let http = request("http://a/v1", asked, streams: false)
    #expect(try JSON.parse(http.body)["stream"] == nil)
    #expect(http.timeouts.idle == nil)
  }
}
