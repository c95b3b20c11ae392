import Bus
import Threads

/// The consumer of asks and events, which is made when `cancels` has been read.
final class MainConsumer: Sendable {
  private let box = Lock<Consumer?>(nil)

  var consumer: Consumer? {
    get { box.withLock { $0 } }
    set { box.withLock { $0 = newValue } }
  }
}
