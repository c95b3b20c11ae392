import Deliberation
import Testing

@testable import Gateway

@Suite("The list of models") struct ModelListTests {
  private let list: ModelList

  init() throws {
    let model: JSON = [
      "slug": "a/one", "family": "a/f", "released": "2026-01-01", "context": 1000,
      "price": ["input": 5.0, "output": 0.25, "cached_input": 0.5], "via": [["provider": "p"]],
    ]
    list = ModelList(try Catalogue(json: ["models": [model]]) { _ in true })
  }

  @Test("has the aliases, the families and the models, priced by the token in text") func entries() throws {
    let page = try list.page([])
    let ids = (page["data"]?.array ?? []).compactMap { $0["id"]?.string }
    #expect(ids.prefix(2) == ["openrouter/fusion", "openrouter/fusion-flash"])
    #expect(ids.contains("~a/f-latest") && ids.contains("a/one"))
    #expect(page["total_count"]?.int == Int64(ids.count))
    let one = try list.one("a/one")["data"]
    #expect(one?["pricing"]?["prompt"] == "0.000005")
    #expect(one?["pricing"]?["completion"] == "0.00000025")
    #expect(one?["pricing"]?["input_cache_read"] == "0.0000005")
    #expect(try list.one("~a/f-latest")["data"]?["alias_target"]?["slug"] == "a/one")
    for alias in ["openrouter/fusion", "openrouter/fusion-flash:free"] {
      let entry = try list.one(alias)["data"]
      #expect(entry?["id"] == .string(alias) && entry?["pricing"]?["prompt"] == "-1")
    }
  }

  @Test("comes in pages, and refuses what is no page") func pages() throws {
    let page = try list.page([("limit", "2"), ("offset", "1")])
    #expect(page["data"]?.array?.count == 2)
    #expect(page["links"]?["next"]?.string?.contains("offset=3") ?? false)
    // the next page is of the same search
    let found = try list.page([("limit", "1"), ("q", "fusion")])
    #expect(found["links"]?["next"]?.string == "/v1/models?offset=1&limit=1&q=fusion")
    #expect(throws: Failure.self) { try list.page([("limit", "0")]) }
    #expect(throws: Failure.self) { try list.page([("offset", "x")]) }
    #expect(throws: Failure.self) { try list.one("nobody/nothing") }
  }
}
