/// What tokens of a model cost, in USD per million, as it was when the ask was taken in.
package struct Price: Sendable, Equatable {
  package let input: Double
  package let output: Double
  package let cachedInput: Double?
  package let request: Double

  package init(input: Double, output: Double, cachedInput: Double? = nil, request: Double = 0) {
    self.input = input
    self.output = output
    self.cachedInput = cachedInput
    self.request = request
  }

  init(_ value: JSON) throws(EventError) { try self.init(Fields(value)) }

  init(_ fields: Fields) throws(EventError) {
    input = try fields.number("input") ?? 0
    output = try fields.number("output") ?? 0
    cachedInput = try fields.number("cached_input")
    request = try fields.number("request") ?? 0
  }

  package var json: JSON {
    var object: JSONObject = ["input": .double(input), "output": .double(output)]
    object.append("cached_input", ifPresent: cachedInput.map { .double($0) })
    if request != 0 { object.append("request", .double(request)) }
    return .object(object)
  }

  package func cost(promptTokens: Int, completionTokens: Int) -> Double {
    (Double(promptTokens) * input + Double(completionTokens) * output) / 1_000_000 + request
  }
}

/// A model as it was asked for and as it was resolved: `~author/family-latest` names the newest of its family. Shared by
/// all who name it, because it never changes.
package final class ModelRef: Sendable, Equatable {
  package let asked: String
  package let model: String
  package let lane: String
  package let price: Price?

  package init(asked: String, model: String, lane: String = "default", price: Price? = nil) {
    self.asked = asked
    self.model = model
    self.lane = lane
    self.price = price
  }

  init(_ fields: Fields) throws(EventError) {
    // in the order in which they are written
    let asked = try fields.text("model_asked")
    model = try fields.string("model")
    self.asked = asked ?? model
    lane = try fields.text("lane") ?? "default"
    price = try fields.object("price", Price.init)
  }

  package static func == (left: ModelRef, right: ModelRef) -> Bool {
    left === right
      || left.model == right.model && left.asked == right.asked && left.lane == right.lane && left.price == right.price
  }

  func write(into object: inout JSONObject, price withPrice: Bool) {
    object.append("model_asked", .string(asked))
    object.append("model", .string(model))
    object.append("lane", .string(lane))
    if withPrice { object.append("price", ifPresent: price?.json) }
  }

  package var json: JSON {
    var object = JSONObject()
    write(into: &object, price: true)
    return .object(object)
  }
}
