internal import Bus
internal import CCallLoop
internal import Deliberation
internal import Glibc

/// The plain C loop that `bench calls` measures a model-caller against, as the process that it is measured as.
enum CallLoopCommand: Command {
  static let name = "call-loop"
  static let summary = ""
  static let flags: [Flag] = []

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    guard let bootstrap = environment["CONCLAVE_KAFKA"], let prefix = environment["CONCLAVE_TOPIC_PREFIX"],
      let url = environment["CONCLAVE_SIMULATOR"], let inFlight = environment["IN_FLIGHT"].flatMap({ Int($0) }),
      let partitions = environment["PARTITIONS"].flatMap({ Int32($0) })
    else { throw .usage("this is a part of conclave bench calls, which starts it by itself") }
    let settings = BusSettings(bootstrap: bootstrap, kind: .embedded, prefix: prefix)
    let properties: PlainProperties
    do { properties = try PlainProperties(settings) } catch { throw .failed("\(error)") }
    let topics = Topics(settings)
    let question: JSON = [
      "model": .string(CallBench.model), "messages": CallBench.messages, "stream": true,
      "stream_options": ["include_usage": true],
    ]
    var options = conclave_call_loop()
    (options.consumer_names, options.consumer_values) = strings(properties.consumer)
    options.consumer_count = properties.consumer.count
    (options.producer_names, options.producer_values) = strings(properties.producer)
    options.producer_count = properties.producer.count
    options.commands = UnsafePointer(strdup(topics.calls("default")))
    options.partitions = partitions
    options.outcomes = UnsafePointer(strdup(topics.events))
    options.url = UnsafePointer(strdup(url + "/chat/completions"))
    options.question = UnsafePointer(strdup(question.text))
    options.in_flight = inFlight
    let missing = conclave_call_loop(&options)
    throw .failed("\(missing.map { String(cString: $0) } ?? "something") could not be had")
  }

  private typealias Strings = UnsafePointer<UnsafePointer<CChar>?>

  /// Names and values as C has them, for as long as the process lives.
  private static func strings(_ properties: [(String, String)]) -> (Strings, Strings) {
    let names = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: properties.count)
    let values = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: properties.count)
    for (index, (name, value)) in properties.enumerated() {
      (names + index).initialize(to: UnsafePointer(strdup(name)))
      (values + index).initialize(to: UnsafePointer(strdup(value)))
    }
    return (UnsafePointer(names), UnsafePointer(values))
  }
}
