import Bus
import Deliberation
import Folding
import Service
import Settings
import Telemetry

/// Builds the dispatcher: `cancels` is read to its end before anything is opened or decided.
func dispatch(_ context: ServiceContext) throws -> any Stoppable {
  let (settings, topics) = (context.settings, context.topics)
  let sender = Sender(service: settings.service, instance: settings.instance)
  let book = CancelBook(maximum: settings.limits.maxCancels)
  let group = topics.group(settings.service)
  let options = FolderOptions(settings)
  let written = [topics.events, topics.deadLetters] + topics.lanes.map(topics.calls)
  return try BusSession(context, warming: written) { session in
    let producer = session.producer
    let folder = Folder(
      decider: DeliberationDecider(
        logic: CancellableDispatching { book.requests($0) }, topics: topics, sender: sender),
      options: options, topics: topics, producer: producer, log: context.log, metrics: context.metrics)
    let desk = Desk(
      Desk.Context(
        topics: topics, producer: producer, catalogue: settings.catalogue, sender: sender, limits: settings.limits,
        group: group, log: context.log, metrics: context.metrics, clock: WallClock.now))
    let main = MainConsumer()
    session.require { main.consumer == nil ? "cancels are being read" : nil }
    let cancels = [TopicPartition(topic: topics.cancels, partition: 0)]
    _ = try session.add(.assigned(cancels, group: nil), client: "-cancels", isPatient: true) {
      CancelReader(
        book: book, topics: topics, producer: producer, recordBytes: settings.limits.recordBytes, log: context.log,
        added: { deliberation in
          main.consumer?.perform { consumer in
            guard let count = producer.partitions(of: topics.events) else { return }
            let partition = Partitioner.murmur2(Array(deliberation.utf8), partitions: count)
            folder.reconsider(deliberation, partition: partition, consumer)
          }
        },
        caughtUp: {
          do {
            main.consumer = try session.add(
              session.subscription([topics.requests, topics.requestsBulk, topics.events])
            ) { DispatchReceiver(folder: folder, desk: desk, events: topics.events) }
          } catch { context.fatal("\(error)") }
        })
    }
  }
}
