internal import Glibc
internal import Service
internal import Service
internal import Telemetry
internal import Web

/// The process: reads its options, listens, says where, and ends in order.
enum Process {
  /// Returns the status to exit with: 0 after a signal, 1 when it cannot listen, 2 for wrong usage.
  static func run(_ arguments: [String], _ environment: [String: String]) -> CInt {
    let log = Log(service: "model-simulator", instance: "", level: .info, format: .text)
    do throws(Options.Wrong) {
      let options = try Options(arguments: arguments, environment: environment)
      guard !options.asksForHelp else {
        print(Options.help)
        return 0
      }
      return serve(options, environment, log)
    } catch {
      log.error("simulator.wrong_usage", ("why", error.description))
      return 2
    }
  }

  /// Names in the list of models: those of the configuration that ships, and two to see behaviour with.
  private static let models = [
    "anthropic/claude-fable-5", "anthropic/claude-opus-4.8", "anthropic/claude-opus-4.5", "anthropic/claude-sonnet-4.6",
    "anthropic/claude-sonnet-4.5", "anthropic/claude-haiku-4.5", "openai/gpt-5.5", "openai/gpt-4.1",
    "openai/gpt-5-mini", "google/gemini-3.1-pro", "google/gemini-2.5-pro", "google/gemini-3-flash",
    "deepseek/deepseek-v4-pro", "deepseek/deepseek-v4-flash", "moonshotai/kimi-k2.6", "simulator/slow",
    "simulator/status-429",
  ]

  private static func serve(_ options: Options, _ environment: [String: String], _ log: Log) -> CInt {
    // Before the first thread, which inherits this: a signal then waits for `sigwait` below.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)
    raiseFileLimit()

    do throws(FaultDoor.CannotListen) {
      if let port = options.faultsPort {
        print("model-simulator: faults at http://127.0.0.1:\(try FaultDoor(port: port).port)")
      }
    } catch {
      log.error("simulator.cannot_listen", ("why", error.description))
      return 1
    }
    let alarms = Alarms()
    let metrics = Metrics()
    let paths = Door(
      defaultLatency: options.latency, models: models, keepsLast: options.keepsLast, alarms: alarms, metrics: metrics)
    var limits = HTTPServerLimits()
    limits.bodyBytes = 32_000_000
    limits.connections = 25_000
    let server: HTTPServer
    do throws(HTTPServerError) {
      let address = SocketAddress(host: options.host, port: options.port)
      server = try HTTPServer(address, limits: limits, log: log) { paths.handle($0, $1) }
    } catch {
      log.error("simulator.cannot_listen", ("why", error.description))
      alarms.stop()
      return 1
    }
    if options.endsWithParent { watchParent(getppid(), alarms) }
    let door = SocketAddress(host: options.host, port: server.port)
    // Health and metrics are behind the same door as the completions.
    if environment["CONCLAVE_ANNOUNCE_FD"] != nil {
      Announcement.write(admin: door, door: door, environment: environment)
      log.info("simulator.listening", ("at", "http://\(door)/v1"))
    } else {
      print("model-simulator: ready at http://\(door)/v1")
      fflush(nil)
    }

    var received: CInt = 0
    sigwait(&signals, &received)
    log.info("simulator.stopping", ("signal", received))
    server.stop(within: .milliseconds(200))
    alarms.stop()
    return 0
  }

  /// Ends as by a signal when another process has become the parent, which is what happens to an orphan.
  private static func watchParent(_ parent: pid_t, _ alarms: Alarms) {
    alarms.after(500) {
      if getppid() == parent { watchParent(parent, alarms) } else { kill(getpid(), SIGTERM) }
    }
  }

  /// Every waiting request is an open connection.
  private static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, 65_536)
    _ = setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
  }

  /// What of the environment concerns the simulator.
  static func environment() -> [String: String] {
    var environment: [String: String] = [:]
    for name in ["CONCLAVE_SIMULATOR_LATENCY_MS", "CONCLAVE_ANNOUNCE_FD"] {
      if let text = getenv(name) { environment[name] = String(cString: text) }
    }
    return environment
  }
}
