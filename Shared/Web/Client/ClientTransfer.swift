internal import CCurl
internal import Glibc

/// One request inside libcurl. Lives on the client's thread; libcurl knows its address until `free`.
final class ClientTransfer {
  let number: UInt64
  let handle: UnsafeMutableRawPointer
  let branch: ClientBranch
  let on: @Sendable (HTTPEvent) -> Void
  var onFirstByte: (() -> Void)?

  private let timeouts: HTTPRequest.Timeouts
  private let maxBodyBytes: Int
  /// The loop's clock: one look for all that comes at once.
  private let clock: ClientClock
  private let started: ContinuousClock.Instant
  private var head: ResponseHead
  private var bodyBytes = 0
  private var lastByte: ContinuousClock.Instant?
  /// Why we ended it ourselves in the middle; libcurl only knows that we did.
  private var stopped: HTTPError?
  private var lines: UnsafeMutablePointer<curl_slist>?
  private let message: UnsafeMutablePointer<CChar>
  private let peers: PeerRule?
  /// Where it was about to go and may not.
  private var refused: PeerAddress?
  private var places: UnsafeMutablePointer<curl_slist>?

  init(
    _ number: UInt64, _ request: HTTPRequest, _ handle: UnsafeMutableRawPointer, _ branch: ClientBranch,
    clock: ClientClock, headerLimit: Int, peers: PeerRule? = nil, _ on: @escaping @Sendable (HTTPEvent) -> Void
  ) throws(HTTPError) {
    self.number = number
    self.clock = clock
    started = clock.now
    self.handle = handle
    self.branch = branch
    self.on = on
    timeouts = request.timeouts
    maxBodyBytes = request.maxBodyBytes
    head = ResponseHead(limit: headerLimit)
    self.peers = peers
    message = .allocate(capacity: Int(CURL_ERROR_SIZE))
    message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    do throws(HTTPError) { lines = try RequestWriter.write(request, handle) } catch {
      message.deallocate()
      curl_easy_cleanup(handle)
      throw error
    }
    conclave_curl_buffer(handle, CURLOPT_ERRORBUFFER, message)
    conclave_curl_sinks(handle, clientHead, clientBody, Unmanaged.passUnretained(self).toOpaque())
    if peers != nil { conclave_curl_opener(handle, clientOpen, Unmanaged.passUnretained(self).toOpaque()) }
    if let lookup = peers?.lookup { places = RequestWriter.write(request.url, handle, lookup) }
  }

  /// After libcurl has let go of it.
  func free() {
    curl_slist_free_all(lines)
    lines = nil
    curl_slist_free_all(places)
    places = nil
    conclave_curl_buffer(handle, CURLOPT_ERRORBUFFER, nil)
    message.deallocate()
    onFirstByte = nil
  }

  /// When it must have come further, and by which bound. The connect timeout is libcurl's, as it shares it out among the
  /// addresses of a host.
  var deadline: (ContinuousClock.Instant, HTTPError.Bound)? {
    let total = timeouts.total.map { (started + $0, HTTPError.Bound.total) }
    let next =
      if let lastByte {
        timeouts.idle.map { (lastByte + $0, HTTPError.Bound.idle) }
      } else {
        timeouts.firstByte.map { (started + $0, HTTPError.Bound.firstByte) }
      }
    guard let total, let next else { return total ?? next }
    return next.0 < total.0 ? next : total
  }

  // MARK: what libcurl brings

  /// False: stop.
  func receiveHead(_ line: UnsafeRawBufferPointer) -> Bool {
    touch()
    switch head.add(line) {
    case .more: return true
    case .complete(let status, let headers):
      on(.head(status: status, headers: headers))
      return true
    case .tooLarge(let limit):
      stopped = .headersTooLarge(limit: limit)
      return false
    }
  }

  func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    touch()
    bodyBytes += bytes.count
    guard bodyBytes <= maxBodyBytes else {
      stopped = .bodyTooLarge(limit: maxBodyBytes)
      return false
    }
    on(.body(Array(bytes)))
    return true
  }

  /// Asked before a socket is opened.
  func admits(_ address: UnsafePointer<sockaddr>) -> Bool {
    guard let peers else { return true }
    guard let peer = PeerAddress(address) else { return false }
    if peers.admits(peer) { return true }
    refused = peer
    return false
  }

  private func touch() {
    let isFirst = lastByte == nil
    lastByte = clock.now
    if isFirst { onFirstByte?() }
  }

  /// What its end means, by libcurl's code.
  func end(_ code: CURLcode) -> HTTPEvent {
    if let stopped { return .failed(stopped) }
    if code == CURLE_OK { return .done(timings) }
    if let refused, code == CURLE_COULDNT_CONNECT { return .failed(.forbidden(refused.description)) }
    let isConnected = conclave_curl_time(handle, CURLINFO_PRETRANSFER_TIME_T) > 0
    let text = String(cString: message)
    let why = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    return .failed(HTTPError(code, why, isConnected: isConnected))
  }

  private var timings: HTTPTimings {
    func since(_ info: CURLINFO) -> Duration { .microseconds(conclave_curl_time(handle, info)) }
    let reused = conclave_curl_connects(handle) == 0
    return HTTPTimings(
      connected: reused ? .zero : since(CURLINFO_PRETRANSFER_TIME_T), firstByte: since(CURLINFO_STARTTRANSFER_TIME_T),
      total: since(CURLINFO_TOTAL_TIME_T), reused: reused)
  }
}
