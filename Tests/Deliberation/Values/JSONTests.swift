import Testing

@testable import Deliberation

@Suite("JSON") struct JSONTests {
  @Test(
    "is written as it was read",
    arguments: [
      "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "0.1", "1.5", "1e-07",
      #""""#, #""a\"b\\c\n\t\r\b\f""#, #""\u0000\u001f""#, "\"Grüße 🙂\"", "[]", "[1,[2,[3]]]", "{}",
      #"{"b":1,"a":{"c":[null]}}"#,
    ])
  func roundTrip(text: String) throws {
    #expect(try JSON.parse(text).text == text)
  }

  @Test(
    "is refused where it is malformed",
    arguments: [
      "", " ", "nul", "tru", "[1,]", "[1", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", "01", "-", "1.", ".5",
      "1e",
      "+1", "1 2", "\"", #""\x""#, #""\u12g4""#, #""\u12"#, "\"\n\"", "NaN", "1e999", "'a'", "[1]]", "\u{FEFF}1",
    ])
  func malformed(text: String) {
    #expect(throws: JSONError.self) { try JSON.parse(text) }
  }

  @Test("takes space around everything") func space() throws {
    #expect(try JSON.parse(" \t\r\n{ \"a\" : [ 1 , 2 ] } ") == ["a": [1, 2]])
  }

  @Test(
    "is refused where it is not UTF-8",
    arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF8, 0x88], [0xE2, 0x82]])
  func invalid(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSON.parse([0x22] + bytes + [0x22]) }
    #expect(throws: JSONError.self) { try JSON.parse([0x22, 0x5C, 0x6E] + bytes + [0x22]) }
  }

  @Test("reads surrogate pairs, and half of one as U+FFFD") func surrogates() throws {
    #expect(try JSON.parse(#""\ud83d\ude42""#) == "🙂")
    #expect(try JSON.parse(#""\ud83d""#) == "\u{FFFD}")
    #expect(try JSON.parse(#""\ude42x""#) == "\u{FFFD}x")
    #expect(try JSON.parse(#""\ud83d\u0041""#) == "\u{FFFD}A")
    #expect(try JSON.parse(#""\ud83d\ud83d\ude42""#) == "\u{FFFD}🙂")
  }

  @Test("keeps the last of two values of one key, in the first's place") func duplicates() throws {
    #expect(try JSON.parse(#"{"a":1,"b":2,"a":3}"#).text == #"{"a":3,"b":2}"#)
    let many = "{" + (0..<1000).map { "\"k\($0 % 500)\":\($0)" }.joined(separator: ",") + "}"
    let object = try #require(try JSON.parse(many).object)
    #expect(object.count == 500)
    #expect(object["k499"] == 999)
    #expect(object["k0"] == 500)
  }

  @Test("is held to its rules byte by byte, wherever in a word a byte stands") func places() throws {
    for before in 0..<33 {
      for after in [0, 1, 7, 8, 15, 16, 20] {
        let (start, end) = (String(repeating: "x", count: before), String(repeating: "y", count: after))
        for byte in UInt8(0)..<0x20 {
          let bytes = Array("\"\(start)".utf8) + [byte] + Array("\(end)\"".utf8)
          #expect(throws: JSONError.self) { try JSON.parse(bytes) }
        }
        for sign in ["\"", "\\", "\n", "\u{0}", "\u{1F}", "\u{7F}", "é", "—", "🙂", "/", "!", "#", "[", "]", " "] {
          let text = start + sign + end
          let written = JSON.string(text).bytes
          #expect(try JSON.parse(written) == .string(text))
          #expect(JSON.escapedSize(text) == written.count - 2)
        }
      }
    }
  }

  @Test("is refused beyond the depth allowed, and never overflows the stack") func depth() throws {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(throws: Never.self) { try JSON.parse(nested(64)) }
    #expect(throws: JSONError.self) { try JSON.parse(nested(65)) }
    #expect(throws: JSONError.self) { try JSON.parse(String(repeating: "[", count: 1_000_000)) }
    #expect(throws: JSONError.self) { try JSON.parse(String(repeating: "{\"a\":", count: 1_000_000)) }
  }

  @Test("keeps whole numbers exactly and gives way to doubles beyond") func numbers() throws {
    #expect(try JSON.parse("9223372036854775808") == .double(9223372036854775808))
    #expect(try JSON.parse("1.0") == .double(1))
    #expect(try JSON.parse("-0") == .double(-0.0))
    #expect(JSON.double(.nan).text == "null")
    #expect(JSON.double(3).int == 3)
    #expect(JSON.double(3.5).int == nil)
    #expect(JSON.int(3).number == 3)
    for number in [Int64.min, -1, 0, 9, 10, Int64.max] { #expect(JSON.int(number).text == "\(number)") }
  }

  @Test("reads a short decimal as the nearest double") func decimals() throws {
    var random = SplitMix(seed: 7)
    for _ in 0..<2_000 {
      let whole = Int.random(in: 0...99_999, using: &random)
      let behind = String(Int.random(in: 1...999_999_999, using: &random))
      let text = "\(whole).\(String(repeating: "0", count: Int.random(in: 0...6, using: &random)))\(behind)"
      #expect(try JSON.parse(text).number == Double(text), "\(text)")
      #expect(try JSON.parse("-\(text)").number == Double("-\(text)"))
    }
  }

  @Test("is the same whether it was written before or not, and says how long it is") func written() throws {
    let tree: JSON = ["a": [1, -2.5, "x\n", .null, true, [:], []], "é\"": ["b": "😀", "c": false]]
    let written = JSON.written(tree.bytes)
    #expect(tree == written && written == tree && written == .written(Array((" " + tree.text).utf8)))
    #expect(written != ["a": 1] && written["a"]?[2] == "x\n" && written["é\""]?.object?.keys == ["b", "c"])
    #expect(tree.count == tree.bytes.count && JSON.array([written, tree]).bytes.count == 2 * tree.count + 3)
  }

  @Test("finds a name that stands twice among few and among many", arguments: [2, 30, 63, 64, 65, 300])
  func repeated(names: Int) throws {
    let members = (0..<names).map { "\"name \($0)\":\($0)" }
    for again in [0, names / 2, names - 1] {
      let text = "{\(members.joined(separator: ",")),\"name \(again)\":\"last\"}"
      let read = try #require(try JSON.parse(text).object)
      #expect(read.count == names && read["name \(again)"] == "last" && read.members[again].value == "last")
    }
  }

  @Test("says how long a text becomes between its quotes") func size() {
    for text in ["plain", "a\"b\\\n\u{1}", "Grüße 🙂", ""] {
      #expect(JSON.escapedSize(text) == JSON.string(text).bytes.count - 2)
    }
  }

  @Test("leaves the lists and objects of an object as they are written, where that is wanted") func unbuilt() throws {
    let object = try JSONObject(unbuilt: Array(#"{"a" : [ 1,{} ],"b":"\u0041","c":null,"a":{ "x" :2}}"#.utf8))
    #expect(object.keys == ["a", "b", "c"])
    #expect(JSON.object(object).text == #"{"a":{ "x" :2},"b":"A","c":null}"#)
    #expect(object["a"]?["x"] == 2)
    #expect(throws: JSONError.self) { try JSONObject(unbuilt: Array("[1]".utf8)) }
  }

  @Test("never crashes on what chance writes") func fuzz() throws {
    var generator = SplitMix(seed: 42)
    let seed = Array(#"{"a":[1,2.5e3,"x\n\u00e9\ud83d\ude42",null,true,{"b":{}}],"c":"ü"}"#.utf8)
    for _ in 0..<20_000 {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[place...].prefix(5), at: place)
        }
      }
      let value = try? JSON.parse(bytes)
      if let value { #expect(try JSON.parse(value.bytes) == value) }
      #expect((try? JSONObject(unbuilt: bytes)) == value?.object)
    }
  }
}
