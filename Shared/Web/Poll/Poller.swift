internal import CPoll

/// Waits for many descriptors at once, and for a bell that any thread may ring. The descriptors belong to others; the
/// set and the bell are owned here.
final class Poller: Sendable {
  struct Interest: OptionSet, Sendable {
    let rawValue: UInt32

    static let read = Self(rawValue: conclave_poll_in)
    static let write = Self(rawValue: conclave_poll_out)
    /// The other side's FIN; that a connection broke is always told.
    static let hangUp = Self(rawValue: conclave_poll_hang_up)
    /// Told once, then silent until it is changed.
    static let once = Self(rawValue: conclave_poll_once)
    static let broken = Self(rawValue: conclave_poll_broken)
  }

  struct Event {
    let key: UInt64
    let happened: Interest
  }

  private static let bellKey = UInt64.max
  /// Events of one wait. Not many: who waits for what comes of them is woken when all have been told (`Turn`).
  private static let most = 64

  private let set: Int32
  private let bell: Int32

  /// Nil where the process has no descriptors left.
  init?() {
    set = conclave_poll_create()
    bell = conclave_poll_bell()
    guard set >= 0, bell >= 0, conclave_poll_add(set, bell, conclave_poll_in, Self.bellKey) == 0 else { return nil }
  }

  deinit {
    if set >= 0 { close(set) }
    if bell >= 0 { close(bell) }
  }

  /// `key` comes back with each event; the largest number is taken.
  func add(_ descriptor: Int32, _ interest: Interest, key: UInt64) -> Bool {
    conclave_poll_add(set, descriptor, interest.rawValue, key) == 0
  }

  func change(_ descriptor: Int32, _ interest: Interest, key: UInt64) -> Bool {
    conclave_poll_change(set, descriptor, interest.rawValue, key) == 0
  }

  func remove(_ descriptor: Int32) { _ = conclave_poll_remove(set, descriptor) }

  /// Makes a wait return, the present or the next one.
  func wake() {
    var one: UInt64 = 1
    // a bell that cannot take more rings already
    _ = write(bell, &one, MemoryLayout<UInt64>.size)
  }

  /// What happened; empty when the time is over, when the bell rang, or when a signal came. Nil waits for ever.
  func wait(_ time: Duration?) -> [Event] {
    let milliseconds = time.map { Int32(clamping: $0.milliseconds) } ?? -1
    return withUnsafeTemporaryAllocation(of: conclave_poll_event.self, capacity: Self.most) { found in
      let count = conclave_poll_wait(set, found.baseAddress, Int32(Self.most), milliseconds)
      var events: [Event] = []
      for index in 0..<max(0, Int(count)) {
        if found[index].key == Self.bellKey {
          var value: UInt64 = 0
          _ = read(bell, &value, MemoryLayout<UInt64>.size)
        } else {
          events.append(Event(key: found[index].key, happened: Interest(rawValue: found[index].events)))
        }
      }
      return events
    }
  }
}
