internal import Bus
internal import Deliberation
internal import Glibc
internal import Settings

/// The process that holds the embedded broker for `up`: all it does is announce where that is, and live until it is
/// ended.
enum BrokerCommand: Command {
  static let name = "broker"
  static let summary = ""
  static let flags: [Flag] = []

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    let signals = StopSignals()
    guard let descriptor = environment["CONCLAVE_ANNOUNCE_FD"].flatMap(Int32.init) else {
      throw .usage("this is a part of conclave up, which starts it by itself")
    }
    var environment = environment
    environment["CONCLAVE_KAFKA"] = "127.0.0.1:1"
    let broker: EmbeddedBroker
    do {
      let settings = try Settings.load(service: "conclave", environment: environment)
      broker = try EmbeddedBroker(topics: Topics(settings.bus).all)
    } catch let error as SettingsError {
      throw .settings("\(error)")
    } catch {
      throw .failed("\(error)")
    }
    // Offsets and records end with this process: whoever keeps offsets keeps them for this life of it.
    let incarnation = String(UInt64.random(in: .min ... .max), radix: 16)
    let announcement: JSON = ["bootstrap": .string(broker.bootstrap), "incarnation": .string(incarnation)]
    let line = announcement.bytes + [UInt8(ascii: "\n")]
    guard write(descriptor, line, line.count) == line.count else { throw .failed("nobody hears where the broker is") }
    var signal = pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)
    withExtendedLifetime(broker) {
      while signals.next() == nil { poll(&signal, 1, -1) }
    }
    return 0
  }
}
