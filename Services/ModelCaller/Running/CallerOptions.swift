package import Bus
internal import Deliberation
internal import Glibc
package import Models
internal import Settings
package import Tools

/// Everything that a caller is told at its start.
package struct CallerOptions: Sendable {
  package var bus: BusSettings
  /// The name in logs and envelopes.
  package var instance: String
  /// A stable name makes a static group member; nil for what is scaled freely.
  package var staticInstance: String?
  /// Which partitions are this process's where they are handed out.
  package var share: @Sendable (Int32) -> Bool
  package var lanes: [String: CallLimits]
  package var providers: [String: ProviderSettings]
  package var routes: RouteTable
  package var upstreamBytes: Int
  package var tools: ToolSettings
  /// Where answers are kept for those who allow it; nil: nowhere.
  package var cache: CacheOptions?

  package init(
    bus: BusSettings, instance: String, staticInstance: String? = nil,
    share: @escaping @Sendable (Int32) -> Bool = { _ in true }, lanes: [String: CallLimits] = ["default": CallLimits()],
    providers: [String: ProviderSettings], routes: RouteTable, upstreamBytes: Int = 8_000_000,
    tools: ToolSettings = .none
  ) {
    self.bus = bus
    self.instance = instance
    self.staticInstance = staticInstance
    self.share = share
    self.lanes = lanes
    self.providers = providers
    self.routes = routes
    self.upstreamBytes = upstreamBytes
    self.tools = tools
  }

  init(_ settings: Settings) throws {
    for provider in settings.providers.values {
      guard let file = provider.certificateFile, access(file, R_OK) != 0 else { continue }
      throw ProviderSettingsError.wrong(
        "providers.\(provider.name).ca_file", "name a file that can be read, not \(file)")
    }
    let share = settings.share
    let catalogue = try Catalogue(json: settings.configuration) { settings.providers[$0]?.isReachable ?? false }
    var lanes: [String: CallLimits] = [:]
    for lane in Topics(settings.bus).lanes {
      var limits = CallLimits()
      if let bound = settings.configuration["lanes"]?[lane]?["max_concurrency"]?.int, bound > 0 {
        limits.inFlight = Int(min(bound, Self.largestLane))
      }
      limits.cancels = settings.limits.maxCancels
      limits.recordBytes = settings.limits.recordBytes
      lanes[lane] = limits
    }
    var tools = try ToolSettings(json: settings.configuration["tools"]) { name in
      getenv(name).map { String(cString: $0) }
    }
    tools.bash?.hidden = Self.own(settings)
    self.init(
      bus: settings.bus, instance: settings.instance, staticInstance: settings.staticInstance,
      share: { share.holds($0) }, lanes: lanes, providers: settings.providers,
      routes: RouteTable(catalogue, hedges: try Hedges(settings.configuration)),
      upstreamBytes: settings.limits.upstreamBytes, tools: tools)
    let room = settings.configuration["limits"]?["cache_bytes"]?.int ?? CacheOptions.usualBytes
    if room > 0 { cache = CacheOptions(path: "\(settings.data)/cache.sqlite", bytes: Int(room)) }
  }

  /// Files and folders that are this service's, wherever they lie.
  private static func own(_ settings: Settings) -> [String] {
    func whole(_ path: String) -> String? {
      guard let found = realpath(path, nil) else { return nil }
      defer { free(found) }
      return String(cString: found)
    }
    let file = getenv("CONCLAVE_CONFIG").map { String(cString: $0) }
    return ["/proc/self/exe", "/proc/self/cwd", file ?? "deploy/conclave.json", settings.data].compactMap(whole)
  }

  private static let largestLane: Int64 = 100_000
}
