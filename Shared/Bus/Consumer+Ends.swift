internal import Telemetry
internal import Threads

/// A handle's end, and the consumer's.
extension Consumer {
  /// librdkafka has given the handle up (a static member that was fenced): a new one takes its place at once, and the
  /// old one is never waited for.
  func replace() {
    guard let old = handle else { return }
    let why = old.fatalError
    isFatal = false
    letGo(lost: true)
    commits.failAll(.broker(what: "commit", name: why?.name ?? "", why: why?.text ?? "", retriable: false, fatal: true))
    inbox.withLock { $0.handle = nil }
    handle = nil
    old.callbacks.silence()
    disposal.start { old.destroy() }
    if why?.isFenced == true, case .group(_, let instance?, _, let session) = subscription,
      fences.fenced(at: .now, session: session)
    {
      log.error("bus.fenced", ("instance", instance))
      onFatal(.fenced(instance: instance))
      waitForStop()
      return
    }
    log.warning("bus.consumer.replaced", ("error", why?.name ?? "unknown"), ("text", why?.text ?? ""))
    measures.replaced.add()
    makeHandle()
  }

  private func makeHandle() {
    while inbox.withLock({ $0.stopBy == nil }) {
      do throws(BusError) {
        let new = try ConsumerHandle(properties, HandleCallbacks(log: log))
        handle = new
        inbox.withLock { $0.handle = new }
        listen()
        if case .group(_, _, let topics, _) = subscription { subscribe(topics) } else { mustAssign = true }
        return
      } catch {
        log.error("bus.consumer.replace", ("error", error))
        Pause.milliseconds(500)
      }
    }
  }

  /// Without a handle there is nothing to do but what others ask.
  private func waitForStop() {
    while inbox.withLock({ $0.stopBy == nil }) { Pause.milliseconds(20) }
  }

  /// The receiver gives up what it has before anything that may block: what it does next does not wait for librdkafka.
  func end() {
    let deadline = inbox.withLock { $0.stopBy } ?? .now
    let isReachable = inbox.withLock { $0.isReachable }
    letGo(lost: !isReachable || isFatal || handle?.isAssignmentLost ?? true)
    commits.failAll(.closed)
    tellCommits()
    receiver = nil
    released.open()
    inbox.withLock { $0.handle = nil }
    if let handle {
      self.handle = nil
      // without a broker 2.0.2 may crash when it tries to leave
      let leaves = subscription.isGroup && isReachable
      handle.callbacks.silence()
      // librdkafka asks once more for what is given up, and waits for the answer
      handle.callbacks.rebalanced = { _, _ in handle.unassign() }
      disposal.start {
        if leaves { handle.close() }
        handle.callbacks.silence()
        handle.destroy()
      }
    }
    if !disposal.wait(max(.zero, ContinuousClock.now.duration(to: deadline))) { log.warning("bus.handle.slow") }
    finished.open()
  }
}
