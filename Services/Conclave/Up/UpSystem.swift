internal import Bus
internal import Glibc
internal import Settings
internal import Threads
internal import Web

/// What a supervisor does not know: how a child is asked whether it is ready, where run.json is kept, and what is said
/// when everything is.
final class UpSystem: Sendable {
  private let plan: UpPlan
  private let log: LogForwarder
  private let client = HTTPClient()
  private let started = ContinuousClock.now

  init(plan: UpPlan, log: LogForwarder) {
    self.plan = plan
    self.log = log
  }

  var surroundings: Supervisor.Surroundings {
    Supervisor.Surroundings(
      launch: { [plan] slot, announced in plan.launch(slot, announced: announced) },
      probe: { [client] admin, answer in
        let timeouts = HTTPRequest.Timeouts(connect: .seconds(1), total: .seconds(2))
        let request = HTTPRequest(url: "http://\(admin)/readyz", timeouts: timeouts, maxBodyBytes: 65_536)
        let status = Lock(0)
        _ = client.start(request) { event in
          switch event {
          case .head(let code, _): status.withLock { $0 = code }
          case .body: break
          case .done: answer(status.withLock { $0 } == 200)
          case .failed: answer(false)
          }
        }
      },
      publish: { [self] roster in publish(roster) },
      ready: { [self] roster in
        Output.data(ReadyLine.text(plan, bus: bus(roster), http: http(roster), after: .now - started) + "\n")
      })
  }

  func end() { client.shutdown() }

  private func publish(_ roster: Roster) {
    let file = RunFile(
      up: getpid(), bus: bus(roster), kind: plan.settings.bus.kind == .embedded ? "embedded" : "kafka",
      http: http(roster), ledger: address(roster) { $0.role == .ledger }?.http.map { "http://\($0)" },
      services: RunFile.processes(roster))
    do { try file.write(data: plan.settings.data) } catch {
      log.say("up | \(RunFile.path(data: plan.settings.data)) cannot be written: \(error); ask and doctor need it")
    }
  }

  /// Where the bus is; empty until the broker has said so.
  private func bus(_ roster: Roster) -> String {
    guard plan.settings.bus.kind == .embedded else { return plan.settings.bus.bootstrap }
    return address(roster) { $0.role == .broker }?.bootstrap ?? ""
  }

  private func http(_ roster: Roster) -> String {
    "http://" + (address(roster) { $0.name == "gateway" }?.http ?? "\(plan.settings.http)")
  }

  private func address(_ roster: Roster, _ matches: (Slot) -> Bool) -> Announcement? {
    roster.slots.firstIndex(where: matches).flatMap { roster.addresses[$0] }
  }
}
