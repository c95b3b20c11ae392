internal import Settings
internal import Web

/// The services of a running `conclave up`, each asked by itself, or, where nothing runs, the door it would open.
enum ServicesCheck {
  static func findings(_ settings: Settings, _ running: RunFile?) async -> [Finding] {
    guard let running else {
      do { try Door.mustBeFree(settings.http) } catch { return [.fail("port", error.description)] }
      return [.ok("port", "\(settings.http) is free for the gateway")]
    }
    let client = HTTPClient()
    defer { client.shutdown() }
    var findings: [Finding] = []
    for service in running.services {
      guard let admin = service.admin else { continue }
      findings.append(await ask(client, service, admin))
    }
    let missing = UpPlan.services.filter { name in !running.services.contains { $0.name == name } }
    findings += missing.map { .fail($0, "does not run; the lines of conclave up say why") }
    return findings
  }

  private static func ask(_ client: HTTPClient, _ service: RunFile.Process, _ admin: String) async -> Finding {
    let timeouts = HTTPRequest.Timeouts(connect: .seconds(1), total: .seconds(3))
    let name = service.instance
    do {
      let answer = try await client.send(
        HTTPRequest(url: "http://\(admin)/readyz", timeouts: timeouts, maxBodyBytes: 65_536))
      let restarts = service.restarts == 0 ? "" : ", started again \(service.restarts) times"
      if answer.status == 200 { return .ok(name, "ready (process \(service.pid)\(restarts))") }
      let why = String(decoding: answer.body.prefix(300), as: UTF8.self).split(separator: "\n").joined(separator: ", ")
      return .fail(name, "not ready: \(why)")
    } catch {
      return .fail(name, "does not answer at \(admin): \(error)")
    }
  }
}
