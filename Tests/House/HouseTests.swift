import Foundation
import Testing

@Suite("The house") struct HouseTests {
  static let services = [
    "Gateway", "PanelDispatcher", "ModelCaller", "Aggregator", "Judge", "Conclave", "ModelSimulator", "Ledger",
  ]

  @Test("lets exactly one folder import each C library") func libraries() throws {
    let libraries = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root + "/Shared")
      .filter { $0.wholeMatch(of: #/C[A-Z]\w*/#) != nil && SourceTree.files("Shared/\($0)", ".swift").isEmpty }
    #expect(libraries.contains("CRdKafka"))
    var folders: [String: Set<String>] = [:]
    for path in SourceTree.files("Services", ".swift") + SourceTree.files("Shared", ".swift") {
      for module in try SourceTree.imports(path) where libraries.contains(module) {
        folders[module, default: []].insert((path as NSString).deletingLastPathComponent)
      }
    }
    for library in libraries {
      #expect(folders[library, default: []].count == 1, "\(library): \(folders[library, default: []].sorted())")
    }
    #expect(folders["CRdKafka"] == ["Shared/Bus/RDKafka"])
  }

  @Test("runs the address sanitizer in every room with a C edge") func sanitized() throws {
    let libraries = try Set(
      FileManager.default.contentsOfDirectory(atPath: SourceTree.root + "/Shared")
        .filter { $0.wholeMatch(of: #/C[A-Z]\w*/#) != nil && SourceTree.files("Shared/\($0)", ".swift").isEmpty })
    var rooms: Set<String> = []
    for path in SourceTree.files("Services", ".swift") + SourceTree.files("Shared", ".swift") {
      if try !libraries.isDisjoint(with: SourceTree.imports(path)) {
        rooms.insert(String(path.split(separator: "/")[1]))
      }
    }
    #expect(rooms.isSuperset(of: ["Bus", "Tools", "Web"]))
    let step = try SourceTree.text("deploy/check").firstMatch(
      of: #/--scratch-path \.build\/address \\\n *--filter '\^\(([\w|]+)\)Tests'/#)
    let filtered = try #require(step, "deploy/check has no such step").1
    #expect(Set(filtered.split(separator: "|").map(String.init)) == rooms)
  }

  @Test("has OpenTelemetry's unstable names in one file") func generativeNames() throws {
    let files = try SourceTree.swift.filter { !$0.hasPrefix("Tests") }.filter {
      try SourceTree.text($0).contains("\"gen_ai.")
    }
    #expect(files == ["Shared/Telemetry/GenAI.swift"])
  }

  /// From a call's name to the bracket that closes it.
  private static func upToItsEnd(_ call: String) -> Substring {
    var depth = 0
    for place in call.indices {
      if call[place] == "(" { depth += 1 }
      if call[place] == ")" { depth -= 1 }
      if depth == 0, call[place] == ")" { return call[...place] }
    }
    return call[...]
  }

  @Test("names the trace wherever a log line names a deliberation") func traced() throws {
    var lines = 0
    for path in SourceTree.files("Services", ".swift") + SourceTree.files("Shared", ".swift") {
      for call in try SourceTree.text(path).components(separatedBy: "log.").dropFirst() {
        guard ["debug(", "info(", "warning(", "error("].contains(where: call.hasPrefix) else { continue }
        let line = Self.upToItsEnd(call)
        guard line.contains("(\"deliberation\",") else { continue }
        lines += 1
        #expect(line.contains("(\"trace\","), "\(path): \(line)")
      }
    }
    #expect(lines > 5)
  }

  @Test("leaves alone what librdkafka 2.0.2 does wrong") func avoided() throws {
    for path in SourceTree.files("Shared", ".swift") + SourceTree.files("Services", ".swift") {
      for (number, line) in try SourceTree.code(path).enumerated() {
        let found = ["rd_kafka_consume_batch", "rd_kafka_offsets_store", "rd_kafka_offset_store"].first {
          line.contains($0)
        }
        #expect(found == nil, "\(path):\(number + 1): skips offsets, or loses their text")
      }
    }
  }

  @Test("lets no service import another, and the domain import nothing of ours but hashing") func borders() throws {
    for path in SourceTree.files("Services", ".swift") {
      #expect(try Set(SourceTree.imports(path)).isDisjoint(with: Self.services), "\(path)")
    }
    let rooms = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root + "/Shared")
    for path in SourceTree.files("Shared/Deliberation", ".swift") {
      #expect(try Set(SourceTree.imports(path)).isDisjoint(with: Set(rooms).subtracting(["Hashing"])), "\(path)")
    }
  }

  @Test("never traps on purpose: no fatalError, no try!, no forced cast") func traps() throws {
    for path in SourceTree.swift {
      for (number, line) in try SourceTree.code(path).enumerated() {
        let found = ["try!", "as!", "DispatchQueue.main"].first { line.contains($0) }
        #expect(found == nil, "\(path):\(number + 1): \(line)")
        // the function of the standard library, not a method that has its name
        let words = line.split { !($0.isLetter || $0 == "." || $0 == "(") }
        let isTrap = words.contains { $0.hasPrefix("fatalError(") } && !line.contains("func fatalError(")
        #expect(!isTrap, "\(path):\(number + 1): \(line)")
      }
    }
  }

  /// The one place between whose looks others get the core; a test itself waits for a condition.
  static let waiting = "Eventually.swift"

  @Test("has no test that sleeps") func sleeping() throws {
    for path in SourceTree.files("Tests", ".swift") where !path.hasSuffix("/" + Self.waiting) {
      for (number, line) in try SourceTree.code(path).enumerated() {
        #expect(!line.contains("sleep("), "\(path):\(number + 1): wait for a condition with a deadline")
      }
    }
  }

  @Test("uses Swift Testing alone, and the lock that the sanitizers understand") func modules() throws {
    for path in SourceTree.swift {
      let imports = try SourceTree.imports(path)
      #expect(!imports.contains("XCTest"), "\(path)")
      let usesMutex = try SourceTree.code(path).contains { $0.contains("Mutex<") || $0.contains("Mutex(") }
      #expect(!(imports.contains("Synchronization") && usesMutex), "\(path)")
    }
  }

  @Test("keeps its files short") func length() throws {
    for path in SourceTree.swift {
      let count = try SourceTree.lines(path).count
      #expect(count <= 400, "\(path) has \(count) lines: would it be two rooms?")
    }
  }

  @Test("spells the compiler's features right, which it would not say itself") func features() throws {
    let known = try Command.run("swiftc", ["-print-supported-features"]).output
    let named = try SourceTree.text("Package.swift").matches(of: #/(?:Upcoming|Experimental)Feature\("(\w+)"\)/#)
    #expect(named.count >= 4)
    for name in named.map({ String($0.1) }) { #expect(known.contains("\"\(name)\""), "\(name)") }
  }

  @Test("says why wherever it tells the compiler to trust it") func unchecked() throws {
    for path in SourceTree.files("Services", ".swift") + SourceTree.files("Shared", ".swift") {
      let lines = try SourceTree.lines(path)
      for (number, line) in try SourceTree.code(path).enumerated()
      where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
        let before = lines[max(0, number - 4)...number].joined(separator: "\n")
        #expect(before.contains("//"), "\(path):\(number + 1)")
      }
    }
  }
}
