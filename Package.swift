// swift-tools-version: 6.2
import PackageDescription

// One constant for every target. The compiler accepts misspelt names in silence, so Tests/House compares these with
// what `swiftc -print-supported-features` knows.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A C library from a Debian package: a module map, and a small shim where C is variadic.
func library(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, path: "Shared/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func room(_ name: String, _ imports: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: imports, path: "Shared/\(name)", swiftSettings: settings)
}

func service(_ name: String, _ imports: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: imports, path: "Services/\(name)", swiftSettings: settings)
}

/// A program that only tests start.
func tool(_ name: String, _ imports: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: imports, path: "Tests/\(name)", swiftSettings: settings)
}

func tests(_ name: String, _ imports: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: imports + ["Waiting"], path: "Tests/\(name)", resources: resources,
    swiftSettings: settings)
}

let package = Package(
  name: "conclave",
  products: [
    .executable(name: "gateway", targets: ["Gateway"]),
    .executable(name: "panel-dispatcher", targets: ["PanelDispatcher"]),
    .executable(name: "model-caller", targets: ["ModelCaller"]),
    .executable(name: "aggregator", targets: ["Aggregator"]),
    .executable(name: "judge", targets: ["Judge"]),
    .executable(name: "ledger", targets: ["Ledger"]),
    .executable(name: "conclave", targets: ["Conclave"]),
    .executable(name: "model-simulator", targets: ["ModelSimulator"]),
    .executable(name: "chaos", targets: ["Chaos"]),
    .executable(name: "fuzz", targets: ["Fuzz"]),
    .executable(name: "simulate", targets: ["Simulate"]),
    .executable(name: "verifier", targets: ["Verifier"]),
  ],
  targets: [
    library("CRdKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
    library("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    library("CMicrohttpd", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    library("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    library("CLibXML", pkgConfig: "libxml-2.0", apt: "libxml2-dev"),
    // not libraries: the parts of the system's headers that Swift's Glibc module leaves out
    .systemLibrary(name: "CSandbox", path: "Shared/CSandbox"),
    .systemLibrary(name: "CPoll", path: "Shared/CPoll"),
    .systemLibrary(name: "CMalloc", path: "Shared/CMalloc"),

    // What supervising processes takes and Swift cannot say: a target of C with a header, imported by Conclave alone.
    .target(name: "CProcess", path: "Shared/CProcess"),

    // SHA-256 with the processor's own instructions, which Swift cannot say either; imported by Hashing alone.
    .target(name: "CSHA256", path: "Shared/CSHA256"),

    // The plain C loop that `bench calls` measures against: libcurl and librdkafka without any of our rooms.
    .target(name: "CCallLoop", dependencies: ["CCurl", "CRdKafka"], path: "Shared/CCallLoop"),

    room("Threads"),
    room("Hashing", ["CSHA256"]),
    room("Telemetry", ["Threads"]),
    room("Bus", ["CRdKafka", "Hashing", "Threads", "Telemetry"]),
    room("Deliberation", ["Hashing"]),
    room("Web", ["CCurl", "CMicrohttpd", "CPoll", "Threads", "Telemetry"]),
    room("Models", ["Deliberation", "Web", "Telemetry", "Threads"]),
    room("Store", ["CSQLite"]),
    room("Tools", ["CLibXML", "CSandbox", "Deliberation", "Models", "Store", "Telemetry", "Threads", "Web"]),
    room("Settings", ["Bus", "Deliberation", "Models", "Telemetry", "Web"]),
    room("Folding", ["Bus", "Deliberation", "Service", "Settings", "Telemetry", "Threads"]),
    room("Service", ["Bus", "CMalloc", "Deliberation", "Settings", "Telemetry", "Threads", "Web"]),

    service("Gateway", ["Bus", "Deliberation", "Folding", "Service", "Settings", "Telemetry", "Threads", "Web"]),
    service(
      "PanelDispatcher",
      ["Bus", "Deliberation", "Folding", "Service", "Settings", "Telemetry", "Threads"]),
    // The pure half of the model-caller is a library: the simulation drives it, and a program cannot link a program.
    .target(
      name: "Calls", dependencies: ["Bus", "Deliberation", "Models", "Tools"], path: "Services/ModelCaller/Calls",
      swiftSettings: settings),
    .executableTarget(
      name: "ModelCaller",
      dependencies: [
        "Bus", "Calls", "Deliberation", "Models", "Service", "Settings", "Store", "Telemetry", "Threads", "Tools",
        "Web",
      ], path: "Services/ModelCaller", exclude: ["Calls"], swiftSettings: settings),
    service("Aggregator", ["Bus", "Deliberation", "Folding", "Service"]),
    service("Judge", ["Bus", "Deliberation", "Folding", "Service"]),
    service(
      "Ledger", ["Bus", "Deliberation", "Folding", "Service", "Settings", "Store", "Telemetry", "Threads", "Web"]),
    service(
      "Conclave",
      [
        "Bus", "CCallLoop", "CProcess", "Deliberation", "Folding", "Models", "Service", "Settings", "Telemetry",
        "Threads", "Web",
      ]),
    service("ModelSimulator", ["Deliberation", "Service", "Settings", "Telemetry", "Threads", "Web"]),

    // Empty but under the thread sanitizer, where every test program that runs librdkafka needs it.
    .target(name: "SanitizedThreads", path: "Tests/SanitizedThreads"),
    .target(name: "Waiting", path: "Tests/Waiting", swiftSettings: settings),
    // The built simulator as a process of its own, for every test that needs a provider, and TLS before what is none.
    .target(
      name: "SimulatorUnderTest", dependencies: ["Deliberation", "Web"], path: "Tests/SimulatorUnderTest",
      swiftSettings: settings),
    tests("Conclave", ["Conclave", "Deliberation", "Threads"]),
    tests("Gateway", ["Bus", "Deliberation", "Gateway", "Settings", "Telemetry", "Threads", "Web"]),
    tests("House", []),
    tests(
      "Integration", ["Bus", "Conclave", "Deliberation", "Ledger", "Settings", "Store", "Telemetry", "Threads", "Web"]),
    tests("Hashing", ["CSHA256", "Hashing"]),
    tests("Threads", ["Threads"]),
    tests("Store", ["Store"]),
    tests("Ledger", ["Bus", "Deliberation", "Folding", "Ledger", "Store", "Telemetry", "Threads", "Web"]),
    tests("Bus", ["Bus", "SanitizedThreads", "Telemetry", "Threads"]),
    tests("Telemetry", ["Telemetry", "Threads"]),
    // A name whose look-up takes long, for the test program that has it.
    .target(name: "SlowNames", path: "Tests/SlowNames"),
    tests("Web", ["SimulatorUnderTest", "SlowNames", "Telemetry", "Threads", "Web"]),
    tests("Service", ["Service", "Settings", "Telemetry", "Threads", "Web"]),
    tests("Settings", ["Bus", "Deliberation", "Models", "Settings", "Telemetry", "Web"]),
    tests("Deliberation", ["Deliberation"]),
    tests("Models", ["Deliberation", "Fuzz", "Models", "Threads", "Web"]),
    tests("Tools", ["Deliberation", "Models", "Telemetry", "Threads", "Tools", "Web"]),
    tests(
      "ModelCaller",
      ["Bus", "Deliberation", "ModelCaller", "Models", "SimulatorUnderTest", "Telemetry", "Threads", "Tools", "Web"]),
    tests(
      "PanelDispatcher", ["Bus", "Deliberation", "Folding", "PanelDispatcher", "Settings", "Telemetry", "Threads"]),
    tests("Folding", ["Bus", "Deliberation", "Folding", "Telemetry", "Threads"]),
    tests("Simulation", ["Simulate", "Threads"]),

    tool("Chaos", ["Bus", "CProcess", "Deliberation", "Telemetry", "Threads", "Web"]),
    tool("Fuzz", ["Deliberation", "Models", "Web"]),
    tool("Simulate", ["Bus", "Calls", "Deliberation", "Folding", "Models", "Threads"]),
    tool("Verifier", ["Bus", "Deliberation", "Telemetry", "Threads"]),
    .testTarget(
      name: "ChaosTests", dependencies: ["Chaos", "Threads"], path: "Tests/ChaosTests", swiftSettings: settings),
    .testTarget(
      name: "VerifierTests", dependencies: ["Bus", "Deliberation", "Telemetry", "Verifier"],
      path: "Tests/VerifierTests",
      swiftSettings: settings),
    tests(
      "ModelSimulator",
      ["Deliberation", "ModelSimulator", "Models", "SimulatorUnderTest", "Telemetry", "Threads", "Web"]),
  ],
  swiftLanguageModes: [.v6]
)
