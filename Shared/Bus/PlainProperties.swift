/// The properties of our handles, for a program without the bus that is measured beside it.
package struct PlainProperties: Sendable {
  package let consumer: [(String, String)]
  package let producer: [(String, String)]

  package init(_ settings: BusSettings) throws(BusError) {
    consumer = try ClientProperties.consumer(settings, client: "plain", subscription: .assigned([], group: nil))
    producer = try ClientProperties.producer(settings, client: "plain")
  }
}
