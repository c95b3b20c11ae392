internal import Bus
internal import Deliberation

/// Reads the events and the results of one ask (and of the one it is compared with), and shows how it goes.
final class AskReader: Receiver {
  /// How long nobody may have taken the ask before that is said; how long after its deadline an end may still come.
  private static let untaken = Duration.seconds(60)
  private static let overdue: Int64 = 15_000

  private let topics: Topics
  private let fused: String
  private let alone: String?
  private let positioned: () -> Void
  private let sendAlone: (_ model: String) -> Void
  private let done: (Result<AskOutcome, CommandError>) -> Void

  private var progress = AskProgress()
  private var view: AskView
  private var answers: [String: AskAnswer] = [:]
  private var asked: [String: ContinuousClock.Instant] = [:]
  private var isDone = false

  init(
    topics: Topics, fused: String, alone: String?, isTerminal: Bool, positioned: @escaping () -> Void,
    sendAlone: @escaping (String) -> Void, done: @escaping (Result<AskOutcome, CommandError>) -> Void
  ) {
    self.topics = topics
    self.fused = fused
    self.alone = alone
    self.positioned = positioned
    self.sendAlone = sendAlone
    self.done = done
    view = AskView(isTerminal: isTerminal, write: Output.error)
  }

  /// Starts each partition at its end as it is now, asked for rather than left to the first fetch: what is written after
  /// this is read.
  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    var starts: [TopicPartition: StartAt] = [:]
    for assignment in assignments {
      do { starts[assignment.partition] = .offset(try consumer.ends(assignment.partition).high) } catch {
        finish(.failure(.failed("\(error)")))
        return starts
      }
    }
    asked[fused] = .now
    positioned()
    return starts
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }

  func received(_ record: Record, _ consumer: Consumer) {
    // Others' records, and what cannot be read, are none of ours.
    guard let envelope = try? Envelope(record.headers), let subject = envelope.subject, let value = record.value else {
      return
    }
    guard subject == fused || subject == alone else { return }
    if record.topic == topics.results {
      if envelope.type == "conclave.result.v1", let json = try? JSON.parse(value) { result(subject, json) }
    } else if subject == fused,
      let event = (try? Event.parse(type: envelope.type, id: envelope.id, value: value)) ?? nil
    {
      read(event, at: Moment(rfc3339: envelope.time) ?? WallTime.now)
    }
  }

  func turn(_ consumer: Consumer) -> Duration? {
    guard !isDone else { return nil }
    if Output.errorIsTerminal { view.show(progress, lines: [], now: WallTime.now) }
    if let deadline = progress.deadline {
      if WallTime.now - deadline > Self.overdue {
        finish(.failure(.failed("\(fused) did not end in its time; conclave doctor looks at the services")))
      }
    } else if let asked = asked[fused], .now - asked > Self.untaken {
      finish(.failure(.failed("nobody has taken the ask for \(Self.untaken); conclave doctor looks at the services")))
    }
    return .milliseconds(Output.errorIsTerminal ? 100 : 1000)
  }

  private func read(_ event: Event, at time: Moment) {
    let lines = progress.read(event, at: time)
    view.show(progress, lines: lines, now: WallTime.now)
    if let alone, asked[alone] == nil, let model = progress.answerer {
      asked[alone] = .now
      sendAlone(model)
    }
  }

  /// The first one in log order is the result.
  private func result(_ subject: String, _ json: JSON) {
    guard answers[subject] == nil, let code = json["code"]?.int, let body = json["body"] else { return }
    let spent = asked[subject].map { (.now - $0).milliseconds } ?? 0
    answers[subject] = AskAnswer(code: Int(truncatingIfNeeded: code), body: body, milliseconds: spent)
    guard let answer = answers[fused] else { return }
    // An ask that failed before its model was known has nothing to be compared with.
    guard let alone, answer.isAnswer, asked[alone] != nil else { return finish(.success(AskOutcome(fused: answer))) }
    if let other = answers[alone] { finish(.success(AskOutcome(fused: answer, alone: other))) }
  }

  private func finish(_ result: Result<AskOutcome, CommandError>) {
    guard !isDone else { return }
    isDone = true
    view.finish(progress, now: WallTime.now)
    done(result)
  }
}
