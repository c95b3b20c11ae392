internal import Glibc
internal import Threads

/// Reads what the children print and writes it to our standard error, a line at a time, with the child's name in front.
///
/// A thread of its own, because whoever reads our output may be slow: the children then wait, the supervisor does not.
final class LogForwarder: Sendable {
  private struct Source {
    let descriptor: Int32
    let name: String
    var lines = LineSplitter()
  }

  private enum Letter {
    case source(Int32, String)
    case line(String)
    case end
  }

  private let mailbox = Lock<[Letter]>([])
  private let bell = Bell()
  private let write: @Sendable (String) -> Void
  private let thread = Lock<NamedThread.Handle?>(nil)

  init(write: @escaping @Sendable (String) -> Void = Output.error) {
    self.write = write
    let handle = NamedThread.start("log-forwarder") { [self] in run() }
    thread.withLock { $0 = handle }
  }

  /// Takes over `descriptor` and closes it at its end.
  func add(_ descriptor: Int32, name: String) { post(.source(descriptor, name)) }

  /// A line of our own, in order with the others.
  func say(_ line: String) { post(.line(line)) }

  /// Returns when everything that had been written by then is out.
  func finish() {
    post(.end)
    thread.withLock { $0 }?.join()
  }

  private func post(_ letter: Letter) {
    mailbox.withLock { $0.append(letter) }
    bell.ring()
  }

  private func run() {
    var sources: [Source] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    var isEnding = false
    while true {
      var descriptors = [pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)]
      descriptors += sources.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      let count = poll(&descriptors, nfds_t(descriptors.count), isEnding ? 0 : -1)
      if isEnding, count <= 0 { break }
      var over: Set<Int32> = []
      for index in sources.indices where descriptors[index + 1].revents != 0 {
        if !drain(&sources[index], &chunk) { over.insert(sources[index].descriptor) }
      }
      for descriptor in over { close(descriptor) }
      sources.removeAll { over.contains($0.descriptor) }
      guard descriptors[0].revents != 0 else { continue }
      bell.hush()
      let letters = mailbox.withLock { letters in
        defer { letters.removeAll() }
        return letters
      }
      for letter in letters {
        switch letter {
        case .source(let descriptor, let name): sources.append(Source(descriptor: descriptor, name: name))
        case .line(let line): write(line + "\n")
        case .end: isEnding = true
        }
      }
    }
    for source in sources { close(source.descriptor) }
  }

  /// Whether there may be more.
  private func drain(_ source: inout Source, _ chunk: inout [UInt8]) -> Bool {
    let count = read(source.descriptor, &chunk, chunk.count)
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    var lines = source.lines.feed(chunk.prefix(count))
    if count == 0, let last = source.lines.finish() { lines.append(last) }
    guard !lines.isEmpty else { return count > 0 }
    write(lines.map { "\(source.name) | \(String(decoding: $0, as: UTF8.self))\n" }.joined())
    return count > 0
  }
}
