internal import Deliberation

/// The models that can be asked, as OpenRouter lists them: those of the configuration, the newest of each family, and
/// the fusion aliases.
struct ModelList: Sendable {
  private let entries: [JSON]
  private let catalogue: Catalogue

  /// What callers pass on to a provider.
  private static let parameters = [
    "frequency_penalty", "include_reasoning", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "min_p",
    "parallel_tool_calls", "presence_penalty", "reasoning", "reasoning_effort", "repetition_penalty",
    "response_format", "seed", "stop", "structured_outputs", "temperature", "tool_choice", "tools", "top_a", "top_k",
    "top_logprobs", "top_p", "verbosity",
  ]

  init(_ catalogue: Catalogue) {
    self.catalogue = catalogue
    var entries: [JSON] = []
    for alias in ["openrouter/fusion", "openrouter/fusion-flash", "conclave/fusion", "conclave/fusion-flash"] {
      entries.append(Self.alias(alias, catalogue))
    }
    for family in catalogue.families { entries.append(Self.entry(family.alias, family.model)) }
    for model in catalogue.models { entries.append(Self.entry(model.slug, model)) }
    self.entries = entries
  }

  func page(_ query: [(String, String)]) throws(Failure) -> JSON {
    func number(_ name: String, _ usual: Int, _ range: ClosedRange<Int>) throws(Failure) -> Int {
      guard let text = query.first(where: { $0.0 == name })?.1 else { return usual }
      guard let value = Int(text), range.contains(value) else {
        throw Failure(
          400, "invalid_request", "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)",
          path: name)
      }
      return value
    }
    let offset = try number("offset", 0, 0...1_000_000)
    let limit = try number("limit", 500, 1...1_000)
    var found = entries
    if let words = query.first(where: { $0.0 == "q" })?.1.lowercased(), !words.isEmpty {
      found = found.filter { $0["id"]?.string?.lowercased().contains(words) ?? false }
    }
    let end = min(found.count, offset + limit)
    let words = query.first { $0.0 == "q" }.map { "&q=\(LedgerClient.escaped($0.1))" } ?? ""
    let next: JSON = end < found.count ? .string("/v1/models?offset=\(end)&limit=\(limit)\(words)") : .null
    return [
      "data": .array(offset < end ? Array(found[offset..<end]) : []), "total_count": .int(Int64(found.count)),
      "links": ["next": next],
    ]
  }

  func one(_ name: String) throws(Failure) -> JSON {
    if let entry = entries.first(where: { $0["id"]?.string == name }) { return ["data": entry] }
    if Ask.isAlias(name) { return ["data": Self.alias(name, catalogue)] }
    guard let model = catalogue.model(name) else {
      throw Failure(404, "not_found", "\(name.prefix(200)) is no model that is configured here; see /v1/models.")
    }
    return ["data": Self.entry(name, model)]
  }

  private static func entry(_ id: String, _ model: Catalogue.Model) -> JSON {
    let price = model.price
    var entry = frame(id, created: created(model.released), context: model.context)
    entry["pricing"] = [
      "prompt": .string(perToken(price?.input ?? 0)), "completion": .string(perToken(price?.output ?? 0)),
      "request": .string(dollars(price?.request ?? 0)),
      "input_cache_read": .string(perToken(price?.cachedInput ?? price?.input ?? 0)),
    ]
    entry["top_provider"] = ["context_length": .int(Int64(model.context)), "is_moderated": false]
    if id != model.slug { entry["alias_target"] = ["slug": .string(model.slug), "name": .string(model.slug)] }
    return .object(entry)
  }

  /// What a fusion costs depends on its panel, which OpenRouter's list says with -1.
  private static func alias(_ id: String, _ catalogue: Catalogue) -> JSON {
    let context = catalogue.models.map(\.context).max() ?? 128_000
    var entry = frame(id, created: 1_781_222_400, context: context)
    entry["pricing"] = ["prompt": "-1", "completion": "-1"]
    entry["top_provider"] = ["context_length": .null, "is_moderated": false]
    entry["description"] =
      "Several models answer, a judge compares their answers, and one model writes the answer from that."
    return .object(entry)
  }

  private static func frame(_ id: String, created: Int64, context: Int) -> JSONObject {
    [
      "id": .string(id), "canonical_slug": .string(id), "name": .string(id), "object": "model",
      "created": .int(created), "owned_by": .string(String(id.prefix { $0 != "/" })), "description": "",
      "context_length": .int(Int64(context)),
      "architecture": [
        "modality": "text->text", "input_modalities": ["text"], "output_modalities": ["text"], "tokenizer": "Other",
        "instruct_type": .null,
      ],
      "pricing": [:], "top_provider": [:], "per_request_limits": .null,
      "supported_parameters": .array(parameters.map(JSON.string)), "supported_voices": .null,
      "default_parameters": .null, "links": ["details": .string("/api/v1/model/\(id)")],
    ]
  }

  private static func created(_ released: String) -> Int64 {
    (Moment(rfc3339: "\(released)T00:00:00.000Z")?.milliseconds ?? 0) / 1000
  }

  /// USD per million as USD per token, without an exponent.
  private static func perToken(_ million: Double) -> String { dollars(million / 1_000_000) }

  private static func dollars(_ amount: Double) -> String {
    let units = Int64((amount * 1e12).rounded())
    guard units > 0 else { return "0" }
    var digits = String(units % 1_000_000_000_000)
    digits = String(repeating: "0", count: 12 - digits.utf8.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(units / 1_000_000_000_000)" + (digits.isEmpty ? "" : ".\(digits)")
  }
}
