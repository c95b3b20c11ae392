internal import Bus
internal import FoundationEssentials
internal import Glibc
internal import Settings
internal import Telemetry
internal import Threads
internal import Web

/// The shell around every service process: settings, log, metrics, the admin door, signals, an orderly end.
package enum ServiceMain {
  /// How long a service may take to end: less than what orchestrators commonly grant before they kill.
  private static let stopTime = Duration.seconds(20)

  /// `body` builds the service and returns it running. Wrong settings end the process with status 2, an error of `body`
  /// with status 1, a signal with status 0 after the service has stopped; a second signal ends it at once.
  package static func run(_ name: String, _ body: (ServiceContext) throws -> any Stoppable) -> Never {
    // before any thread is started, so that all of them leave the signals to this one
    let signals = StopSignals()
    Descriptors.raise()
    let environment = ProcessInfo.processInfo.environment
    let settings: Settings
    do throws(SettingsError) { settings = try Settings.load(service: name, environment: environment) } catch {
      end("\(name): \(error)", status: 2)
    }
    let context = context(settings)
    let traces = TraceExporter(settings, tracer: .process, log: context.log, metrics: context.metrics)
    do {
      let admin = try AdminServer(
        settings.admin, metrics: context.metrics, readiness: context.readiness, log: context.log)
      let running = context.readiness.condition("service")
      let service = try body(context)
      running.met()
      Announcement.write(admin: admin.address, door: (service as? any HasDoor)?.door, environment: environment)
      context.log.info("service.started", ("admin", admin.address), ("pid", getpid()))
      let signal = signals.wait()
      running.unmet("stopping")
      context.log.info("service.stopping", ("signal", signal))
      signals.endAtNext()
      service.stop(within: stopTime)
      traces?.stop(within: .seconds(2))
      admin.stop()
      context.log.info("service.stopped")
    } catch {
      context.fatal("\(error)")
    }
    exit(0)
  }

  private static func context(_ settings: Settings) -> ServiceContext {
    let metrics = Metrics()
    ProcessMetrics.add(to: metrics)
    let readiness = Readiness()
    return ServiceContext(
      settings: settings,
      log: Log(
        service: settings.service, instance: settings.instance, level: settings.logLevel, format: settings.logFormat),
      metrics: metrics, readiness: readiness,
      bus: readiness.condition("bus", initially: "not connected to \(settings.bus.bootstrap) yet"),
      topics: Topics(settings.bus))
  }

  private static func end(_ line: String, status: Int32) -> Never {
    Log.standardError(line)
    _exit(status)
  }
}
