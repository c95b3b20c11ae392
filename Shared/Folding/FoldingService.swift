internal import Bus
package import Deliberation
package import Service
internal import Settings

/// A deciding service whose only input is the log, as a process.
package enum FoldingService {
  /// `writing`: the topics beside the log and the dead letters that its decisions go to. `tellsOfEnds`: whether this is
  /// the service that tells everyone how a deliberation ended; it hashes what an end rests on, and counts what ended.
  package static func start<Logic: Decides>(
    _ context: ServiceContext, _ logic: Logic, tellsOfEnds: Bool = false, writing: [String]
  ) throws -> any Stoppable {
    let (settings, topics) = (context.settings, context.topics)
    let decider = DeliberationDecider(
      logic: logic, topics: topics, sender: Sender(service: settings.service, instance: settings.instance),
      hashes: tellsOfEnds)
    var closed: (@Sendable (DeliberationDecider<Logic>.Traced) -> Void)?
    if tellsOfEnds {
      let meters = DeliberationMeters(context.metrics)
      closed = { state in meters.count(state.deliberation) }
    }
    return try BusSession(context, warming: [topics.events, topics.deadLetters] + writing) { [closed] session in
      let folder = Folder(
        decider: decider, options: FolderOptions(settings), topics: topics, producer: session.producer,
        log: context.log, metrics: context.metrics, closed: closed)
      _ = try session.add(session.subscription([topics.events])) { folder }
    }
  }
}
