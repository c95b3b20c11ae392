/// What a judge wrote, made into JSON: strictly, and if that fails without what models put around it.
enum AnalysisText {
  static func read(_ text: Passage) -> Result<JSON, Problem> {
    let bytes = text.utf8
    guard bytes.contains(where: { $0 > 0x20 }) else { return .failure(.empty) }
    let first: JSONError
    do throws(JSONError) {
      return .success(try JSON.parse(bytes))
    } catch {
      first = error
    }
    // a preamble or an example before it may hold braces too: the first few places where an object can begin are tried
    let ends = bytes.lastIndex(of: UInt8(ascii: "}"))
    guard let last = ends else { return .failure(.notJSON(first.description)) }
    var tries = 0
    var place = bytes.startIndex
    while tries < 8, let start = bytes[place...].firstIndex(of: UInt8(ascii: "{")), start < last {
      let candidate = withoutTrailingCommas(bytes[start...last])
      if let json = try? JSON.parse(candidate) { return .success(json) }
      if let end = balanced(bytes, from: start), end < last,
        let json = try? JSON.parse(withoutTrailingCommas(bytes[start...end])), json["consensus"] != nil
      {
        return .success(json)
      }
      tries += 1
      place = start + 1
    }
    return .failure(.notJSON(first.description))
  }

  enum Problem: Error, Equatable {
    case empty
    case notJSON(String)
  }

  private static func withoutTrailingCommas(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var kept: [UInt8] = []
    kept.reserveCapacity(bytes.count)
    var isString = false
    var isEscaped = false
    var comma: Int?
    for byte in bytes {
      if isString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isString = false
        }
        kept.append(byte)
        continue
      }
      switch byte {
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        if let comma { kept.remove(at: comma) }
        comma = nil
      case UInt8(ascii: ","): comma = kept.count
      case 0x20, 0x09, 0x0A, 0x0D: break
      default:
        comma = nil
        isString = byte == UInt8(ascii: "\"")
      }
      kept.append(byte)
    }
    return kept
  }

  /// Where the object that begins there ends.
  private static func balanced(_ bytes: [UInt8], from start: Int) -> Int? {
    var depth = 0
    var isString = false
    var isEscaped = false
    for place in start..<bytes.count {
      let byte = bytes[place]
      if isString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return place }
      default: break
      }
    }
    return nil
  }
}
