internal import Bus
package import Deliberation
package import Service
internal import Settings

/// A deciding service whose only input is the log, as a process.
package enum FoldingService {
  /// `writing`: the topics beside the log and the dead letters that its decisions go to.
  package static func start<Logic: Decides>(
    _ context: ServiceContext, _ logic: Logic, hashes: Bool = false, writing: [String]
  ) throws -> any Stoppable {
    let (settings, topics) = (context.settings, context.topics)
    let decider = DeliberationDecider(
      logic: logic, topics: topics, sender: Sender(service: settings.service, instance: settings.instance),
      hashes: hashes)
    return try BusSession(context, warming: [topics.events, topics.deadLetters] + writing) { session in
      let folder = Folder(
        decider: decider, options: FolderOptions(settings), topics: topics, producer: session.producer,
        log: context.log, metrics: context.metrics)
      _ = try session.add(session.subscription([topics.events])) { folder }
    }
  }
}
