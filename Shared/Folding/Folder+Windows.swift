internal import Bus
internal import Telemetry

/// Reading what ended lately, beside the work.
extension Folder {
  /// Once all that may be open is folded: what ended before is read behind it, so that neither holds up the other.
  func readWindows(_ consumer: Consumer) {
    guard let aside, windows == nil, isCaughtUp else { return }
    var missing: [TopicPartition: Window<D>] = [:]
    for (partition, owned) in folds {
      guard let offsets = owned.fold.window else { continue }
      missing[TopicPartition(topic: topics.events, partition: partition)] = Window(
        decider: decider, offsets: offsets, limits: options.limits)
    }
    guard !missing.isEmpty else { return }
    let epochs = folds.mapValues(\.epoch)
    do {
      windows = try aside.begin(Array(missing.keys)) { [missing, producer, topics] in
        WindowReader(missing) {
          producer.partitions(of: topics.events)
        } finished: { partition, window in
          consumer.perform { [self] consumer in
            guard folds[partition.partition]?.epoch == epochs[partition.partition] else { return }
            join(window, partition.partition, consumer)
          }
        }
      }
    } catch {
      // Tried again at the next turn; what waits for it is neither lost nor decided.
      log.error("window.refused", ("error", "\(error)"))
    }
  }

  private func join(_ window: Window<D>, _ partition: Int32, _ consumer: Consumer) {
    guard let owned = folds[partition] else { return }
    log.info(
      "window.joined", ("partition", partition), ("waited", owned.fold.waitingCount), ("ms", clock() - owned.started))
    perform(owned.fold.join(window, now: clock()), partition, consumer)
    if folds.values.allSatisfy({ $0.fold.window == nil }) { endWindows() }
  }

  func endWindows() {
    if let windows { aside?.end(windows) }
    windows = nil
  }
}
