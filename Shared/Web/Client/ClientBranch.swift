internal import CCurl

/// Some of a client's requests: a multi handle of libcurl's with the connections that it keeps. For each request libcurl
/// goes through all connections of its handle, twice, so that a request among thousands would cost more than it does
/// itself; hence many handles with few requests each.
// Lives on the client's thread; libcurl knows its address until `free`.
final class ClientBranch {
  /// The most requests of one branch at a time, and the most connections that it keeps.
  static let most = 128

  let number: Int
  let multi: UnsafeMutableRawPointer
  unowned let loop: ClientLoop
  /// Requests under way.
  private(set) var count = 0
  /// Since when there are none.
  private(set) var idleSince: ContinuousClock.Instant?
  /// When libcurl wants to be called at the latest.
  var timer: ContinuousClock.Instant?

  /// Nil where there is no memory for it.
  init?(_ number: Int, loop: ClientLoop, connections: Int) {
    guard let multi = curl_multi_init() else { return nil }
    self.number = number
    self.multi = multi
    self.loop = loop
    let owner = Unmanaged.passUnretained(self).toOpaque()
    _ = conclave_curl_multi(multi, clientSocket, clientTimer, owner, min(connections, Self.most))
  }

  var hasRoom: Bool { count < Self.most }

  /// Answers why it cannot be begun.
  func add(_ handle: UnsafeMutableRawPointer) -> HTTPError? {
    let code = curl_multi_add_handle(multi, handle)
    return code == CURLM_OK ? nil : .other(String(cString: curl_multi_strerror(code)))
  }

  func began() {
    count += 1
    idleSince = nil
  }

  /// Takes a request out of libcurl, which closes its connection where the answer was not complete.
  func ended(_ handle: UnsafeMutableRawPointer, _ now: ContinuousClock.Instant) {
    curl_multi_remove_handle(multi, handle)
    count -= 1
    if count == 0 { idleSince = now }
  }

  /// Something happened at one of its sockets.
  func happened(_ socket: Int32, _ flags: Int32) {
    var running: Int32 = 0
    curl_multi_socket_action(multi, socket, flags, &running)
  }

  /// Calls libcurl where it wanted to be called by now.
  func callInTime() {
    guard let timer, timer <= .now else { return }
    self.timer = nil
    happened(CURL_SOCKET_TIMEOUT, 0)
  }

  /// Closes its connections.
  func free() { curl_multi_cleanup(multi) }
}
