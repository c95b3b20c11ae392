import Bus
import Deliberation
import FoundationEssentials
import Models
import Settings
import Telemetry
import Testing
import Web

@Suite("Settings") struct SettingsTests {
  private static let shipped: String = {
    let folders = #filePath.split(separator: "/").dropLast(3)
    return "/" + folders.joined(separator: "/") + "/deploy/conclave.json"
  }()

  private func load(_ variables: [String: String] = [:], service: String = "judge") throws -> Settings {
    let usual = ["CONCLAVE_KAFKA": "127.0.0.1:9092", "CONCLAVE_CONFIG": Self.shipped]
    return try Settings.load(service: service, environment: usual.merging(variables) { _, own in own })
  }

  /// What is said of a setting that cannot be used; nil when it can.
  private func complaint(_ variables: [String: String], service: String = "judge") -> String? {
    do { _ = try load(variables, service: service) } catch { return "\(error)" }
    return nil
  }

  /// The same for a configuration file.
  private func complaint(file: String) throws -> String? {
    let path = FileManager.default.temporaryDirectory.path + "/conclave-settings-\(UUID().uuidString).json"
    try Data(file.utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return complaint(["CONCLAVE_CONFIG": path])?.replacing(path, with: "FILE")
  }

  @Test("that nobody made are those of the contract") func usual() throws {
    let settings = try load()
    #expect(settings.bus.bootstrap == "127.0.0.1:9092")
    #expect(settings.bus.kind == .kafka)
    #expect(settings.bus.prefix == "conclave.")
    #expect(settings.bus.topics == .create)
    #expect(settings.bus.lanes == ["default"])
    #expect(settings.http == SocketAddress(host: "127.0.0.1", port: 8080))
    #expect(settings.admin == SocketAddress(host: "127.0.0.1", port: 0))
    #expect(settings.logLevel == .info && settings.logFormat == .text)
    #expect(settings.share == Settings.Share(index: 0, of: 1))
    #expect(settings.limits == Settings.Limits())
    #expect(settings.keys.isEmpty)
    #expect(settings.staticInstance == nil)
    #expect(settings.instance.hasPrefix("judge-"))
    #expect(try load().instance != settings.instance)
  }

  @Test("in the environment are heard") func environment() throws {
    let settings = try load([
      "CONCLAVE_KAFKA": "a:1,SASL_SSL://[::1]:2", "CONCLAVE_EMBEDDED": "1", "CONCLAVE_TOPICS": "check",
      "CONCLAVE_TOPIC_PREFIX": "team.a-", "CONCLAVE_PARTITIONS": "3", "CONCLAVE_REPLICATION": "2",
      "CONCLAVE_INSTANCE": "judge-7", "CONCLAVE_SHARE": "1/3", "CONCLAVE_HTTP": ":81", "CONCLAVE_ADMIN": "0.0.0.0:82",
      "CONCLAVE_DATA": "/d", "CONCLAVE_LOG": "debug,json", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://t:4318",
      "CONCLAVE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "CONCLAVE_KAFKA_SASL_PASSWORD": "a_b", "CONCLAVE_KAFKA_EMPTY": "",
    ])
    #expect(settings.bus.bootstrap == "a:1,SASL_SSL://[::1]:2")
    #expect(settings.bus.kind == .embedded)
    #expect(settings.bus.topics == .check)
    #expect(settings.bus.prefix == "team.a-")
    #expect(settings.bus.partitions == 3 && settings.bus.replication == 2)
    #expect(settings.bus.properties == ["security.protocol": "SASL_SSL", "sasl.password": "a_b"])
    #expect(settings.instance == "judge-7" && settings.staticInstance == "judge-7")
    #expect((0..<7).filter { settings.share.holds($0) } == [1, 4])
    #expect(settings.http.port == 81 && settings.http.isLoopback)
    #expect(settings.admin == SocketAddress(host: "0.0.0.0", port: 82))
    #expect(settings.data == "/d")
    #expect(settings.logLevel == .debug && settings.logFormat == .json)
    #expect(settings.traces == "http://t:4318")
  }

  @Test(
    "that are wrong are named, with what to write",
    arguments: [
      (
        "CONCLAVE_KAFKA", "",
        "CONCLAVE_KAFKA is missing; start the service with `conclave up`, or set it to host:port of a Kafka broker"
      ),
      ("CONCLAVE_KAFKA", "foo", "CONCLAVE_KAFKA \"foo\" has no port; write host:port"),
      ("CONCLAVE_KAFKA", "a:1,", "CONCLAVE_KAFKA \"\" has no port; write host:port"),
      ("CONCLAVE_KAFKA", ":1", "CONCLAVE_KAFKA \":1\" is no address; write host:port"),
      ("CONCLAVE_TOPICS", "make", "CONCLAVE_TOPICS \"make\" is not known; write create or check"),
      (
        "CONCLAVE_TOPIC_PREFIX", "a b",
        "CONCLAVE_TOPIC_PREFIX \"a b\" must be at most 100 letters, digits or any of .-_"
      ),
      ("CONCLAVE_PARTITIONS", "0", "CONCLAVE_PARTITIONS \"0\" must be a whole number from 1 to 1000"),
      ("CONCLAVE_REPLICATION", "x", "CONCLAVE_REPLICATION \"x\" must be a whole number from 1 to 100"),
      ("CONCLAVE_INSTANCE", "a/b", "CONCLAVE_INSTANCE \"a/b\" must be at most 100 letters, digits or any of .-_"),
      ("CONCLAVE_SHARE", "2/2", "CONCLAVE_SHARE \"2/2\" is no share; write i/n with i from 0 to n - 1"),
      ("CONCLAVE_ADMIN", "9090", "CONCLAVE_ADMIN \"9090\" has no port; write host:port, such as 127.0.0.1:8080"),
      (
        "CONCLAVE_LOG", "loud",
        "CONCLAVE_LOG \"loud\" is not known; write one of debug, info, warning, error, and text or json"
      ),
      ("CONCLAVE_KAFKA__", "x", "CONCLAVE_KAFKA__ names no librdkafka property; write its name behind it"),
      ("CONCLAVE_SIMULATOR", "host", "CONCLAVE_SIMULATOR \"host\" is no address; begin it with http:// or https://"),
      (
        "OTEL_EXPORTER_OTLP_ENDPOINT", "t",
        "OTEL_EXPORTER_OTLP_ENDPOINT \"t\" is no address; begin it with http:// or https://"
      ),
      ("CONCLAVE_CONFIG", "/no/such", "CONCLAVE_CONFIG \"/no/such\" cannot be read; name the configuration file"),
    ]) func wrong(variable: String, value: String, said: String)
  {
    #expect(complaint([variable: value]) == "settings: \(said)")
  }

  @Test("never show what might be a key") func secretKey() {
    let said = complaint(["CONCLAVE_API_KEYS": "my-plain-key"])
    #expect(
      said == "settings: CONCLAVE_API_KEYS holds something other than SHA-256 digests; write 64 hex digits per key")
  }

  @Test("open the door beyond this machine only to keys") func openDoor() throws {
    let digest = String(repeating: "Ab", count: 32)
    let said = complaint(["CONCLAVE_HTTP": "0.0.0.0:80"], service: "gateway")
    #expect(said?.contains("set CONCLAVE_API_KEYS as well") == true)
    #expect(complaint(["CONCLAVE_HTTP": "0.0.0.0:80"]) == nil)
    let settings = try load(
      ["CONCLAVE_HTTP": "0.0.0.0:80", "CONCLAVE_API_KEYS": "\(digest), \(digest)"], service: "gateway")
    #expect(settings.keys == [APIKey(tenant: "default", sha256: digest.lowercased())])
  }

  @Test(
    "in the file that are wrong are named by their path",
    arguments: [
      ("{", "CONCLAVE_CONFIG \"FILE\" is not valid JSON at byte 1: it ends too early"),
      ("[]", "CONCLAVE_CONFIG is no object; write {…}"),
      ("{\"modles\": []}", "modles is not known; known are providers, models, presets, lanes, tools, keys, limits"),
      ("{\"limits\": {\"max_open\": 0}}", "limits.max_open must be a whole number from 1 to 1000000"),
      ("{\"limits\": {\"max_opne\": 1}}", "limits.max_opne is not known; known are record_bytes"),
      ("{\"limits\": {\"bulk_share\": 2}}", "limits.bulk_share must be a number from 0.01 to 1.0"),
      ("{\"lanes\": {\"A b\": {}}}", "lanes.A b names a topic; write it with at most 50 of a-z, 0-9 and -"),
      (
        "{\"lanes\": {\"a\": {\"max_concurrency\": \"1\"}}}",
        "lanes.a.max_concurrency must be a whole number from 1 to 1000000"
      ),
      ("{\"keys\": [{}]}", "keys[0].tenant is missing; say whose key this is"),
      (
        "{\"keys\": [{\"tenant\": \"t\", \"sha256\": \"k\"}]}",
        "keys[0].sha256 is no SHA-256; write 64 hex digits, never the key"
      ),
      ("{\"providers\": {\"p\": {}}}", "providers.p.base_url is missing; write"),
      (
        "{\"models\": [{\"slug\": \"a/b\", \"via\": [{\"provider\": \"p\"}]}]}",
        "models[0].via[0].provider \"p\" is not in providers; add it there"
      ),
      ("{\"models\": [{}]}", "models[0].slug is missing"),
      ("{\"presets\": {\"general-high\": {}}}", "presets.general-high.panel names 0 models; name 1 to 8"),
    ]) func wrongFile(text: String, said: String) throws
  {
    let complaint = try #require(try complaint(file: text))
    #expect(complaint.hasPrefix("settings: \(said)"), "\(complaint)")
    #expect(!complaint.contains("\n"))
  }

  @Test("that ship serve everything over OpenRouter alone") func openRouterAlone() throws {
    let settings = try load(["OPENROUTER_API_KEY": "k"])
    #expect(settings.catalogue.unreachable.isEmpty)
    for name in ["general-high", "general-budget", "general-fast", "quality", "budget", "fast"] {
      let preset = try #require(settings.catalogue.preset(name))
      #expect(preset.panel.count == 3, "\(name)")
    }
    for name in ["opus", "sonnet", "haiku"] {
      #expect(settings.catalogue.model("~anthropic/claude-\(name)-latest") != nil)
    }
    let others = [
      "~openai/gpt-latest", "~google/gemini-pro-latest", "~google/gemini-flash-latest", "~moonshotai/kimi-latest",
    ]
    for name in others + ["deepseek/deepseek-v4-flash", "anthropic/claude-opus-4.5"] {
      #expect(settings.catalogue.model(name) != nil, "\(name)")
    }
    #expect(settings.catalogue.model("~anthropic/claude-opus-latest")?.slug == "anthropic/claude-opus-4.8")
    #expect(settings.catalogue.model("simulator/slow") == nil)
  }

  @Test("that ship offer with another key what it reaches, and nothing without one") func oneKey() throws {
    let settings = try load(["ANTHROPIC_API_KEY": "k"])
    #expect(settings.catalogue.models.allSatisfy { $0.slug.hasPrefix("anthropic/") })
    #expect(settings.catalogue.preset("general-high")?.panel.map(\.model) == ["anthropic/claude-opus-4.8"])
    #expect(try load().catalogue.models.isEmpty)
  }

  @Test("with the simulator reach every model, and those whose name says how they behave") func simulator() throws {
    let settings = try load(["CONCLAVE_SIMULATOR": "http://127.0.0.1:1/v1", "CONCLAVE_KAFKA_X": "y"])
    #expect(settings.catalogue.unreachable.isEmpty)
    #expect(settings.providers.values.allSatisfy { $0.baseURL == "http://127.0.0.1:1/v1" && $0.isReachable })
    let model = try #require(settings.catalogue.model("simulator/status-429+latency-50"))
    #expect(model.slug == "simulator/status-429+latency-50")
    #expect(model.via.map(\.name) == ["simulator/status-429+latency-50"])
    #expect(model.lane == "default")
    #expect(model.price != nil)
    #expect(settings.catalogue.model("simulator/") == nil)
    #expect(settings.catalogue.model("simulation/x") == nil)
    #expect(!settings.catalogue.models.contains { $0.slug.hasPrefix("simulator/") })
  }
}
