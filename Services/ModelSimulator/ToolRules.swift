internal import Deliberation

/// Decides which of the offered functions a simulated model calls: by the rules in the question, by `tool_choice`, and
/// for fusion by the question's length.
struct ToolRules {
  /// A question with more words than this is worth a panel, where nothing says otherwise.
  static let usualWords = 12

  let request: ChatRequest
  let manner: Manner
  let seed: Seed

  private enum Rule: Equatable {
    case useFusion, useFusionTwice, noFusion
    case call(name: String, arguments: String?)
  }

  func calls() -> [ToolCall] {
    let offered = request.functions
    guard !offered.isEmpty, request.toolChoice != .none else { return [] }
    if case .named(let name) = request.toolChoice {
      guard let function = offered.first(where: { $0.name == name }) else { return [] }
      return [call(function, nil, 0)]
    }
    let rules = rules()
    let fusion = ToolRules.fusion(among: offered)
    let answered = request.toolResults.count
    if answered > 0, !manner.repeatsTools {
      let again = manner.fusing == .always || (rules.contains(.useFusionTwice) && answered == 1)
      if again, let fusion { return [call(fusion, nil, 0)] }
      return request.toolChoice == .required ? forced(offered, fusion) : []
    }

    var calls: [ToolCall] = []
    for rule in rules {
      switch rule {
      case .useFusion, .useFusionTwice:
        if let fusion { calls.append(call(fusion, nil, calls.count)) }
      case .call(let name, let arguments):
        if let function = offered.first(where: { $0.name == name }) {
          calls.append(call(function, arguments, calls.count))
        }
      case .noFusion: break
      }
    }
    if !calls.isEmpty { return calls }
    if let fusion, !rules.contains(.noFusion), wantsFusion { return [call(fusion, nil, 0)] }
    return request.toolChoice == .required ? forced(offered, fusion) : []
  }

  private var wantsFusion: Bool {
    let words = request.question.split { $0.isWhitespace }.count
    switch manner.fusing {
    case .never: return false
    case .always: return true
    case .over(let limit): return words > limit
    case nil: return words > ToolRules.usualWords
    }
  }

  private func forced(_ offered: [ChatRequest.Function], _ fusion: ChatRequest.Function?) -> [ToolCall] {
    (fusion ?? offered.first).map { [call($0, nil, 0)] } ?? []
  }

  /// `fusion`, or `fusion_1` and so on where the client has a function of that name.
  static func fusion(among offered: [ChatRequest.Function]) -> ChatRequest.Function? {
    offered.last { $0.name.hasPrefix("fusion_") && $0.name.dropFirst(7).allSatisfy(\.isNumber) }
      ?? offered.first { $0.name == "fusion" }
  }

  private func rules() -> [Rule] {
    Brackets.contents(of: request.lastUserText).compactMap { bracket in
      switch bracket {
      case "use fusion": return .useFusion
      case "use fusion twice": return .useFusionTwice
      case "no fusion": return .noFusion
      default:
        guard bracket.hasPrefix("call ") else { return nil }
        let words = bracket.dropFirst(5).split(separator: " ", maxSplits: 1)
        guard let name = words.first else { return nil }
        return .call(name: String(name), arguments: words.count > 1 ? String(words[1]) : nil)
      }
    }
  }

  private func call(_ function: ChatRequest.Function, _ arguments: String?, _ number: Int) -> ToolCall {
    let given: String
    if let arguments {
      given = arguments
    } else if function.name.hasPrefix("fusion") {
      given = (["prompt": .string(request.question)] as JSON).text
    } else {
      given = SchemaInstance.of(function.parameters ?? [:]).text
    }
    return ToolCall(
      id: "call_" + seed.mixed("tool").mixed(number).mixed(request.toolResults.count).hex, name: function.name,
      arguments: given)
  }
}
