internal import CCurl
internal import Glibc

// What libcurl calls, always on the client's thread and inside one of our calls to it. The owners are the branch, which
// outlives its multi handle, and the transfer, which the loop keeps until libcurl has let go of it.

func clientHead(_ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ owner: UnsafeMutableRawPointer?)
  -> Int
{
  guard let owner else { return 0 }
  let transfer = Unmanaged<ClientTransfer>.fromOpaque(owner).takeUnretainedValue()
  return transfer.receiveHead(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

func clientBody(_ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ owner: UnsafeMutableRawPointer?)
  -> Int
{
  guard let owner else { return 0 }
  let transfer = Unmanaged<ClientTransfer>.fromOpaque(owner).takeUnretainedValue()
  return transfer.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

/// Opens a socket towards an address, or refuses to.
func clientOpen(
  _ owner: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let owner, let address, let peer = conclave_curl_peer(address) else { return CURL_SOCKET_BAD }
  let transfer = Unmanaged<ClientTransfer>.fromOpaque(owner).takeUnretainedValue()
  guard transfer.admits(peer) else { return CURL_SOCKET_BAD }
  let (family, type, proto) = (address.pointee.family, address.pointee.socktype, address.pointee.protocol)
  return socket(family, type | Int32(SOCK_CLOEXEC.rawValue), proto)
}

func clientSocket(
  _ handle: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32, _ owner: UnsafeMutableRawPointer?,
  _ socketOwner: UnsafeMutableRawPointer?
) -> Int32 {
  guard let owner else { return 0 }
  let branch = Unmanaged<ClientBranch>.fromOpaque(owner).takeUnretainedValue()
  switch what {
  case CURL_POLL_IN: branch.loop.watch(socket, .read, branch)
  case CURL_POLL_OUT: branch.loop.watch(socket, .write, branch)
  case CURL_POLL_INOUT: branch.loop.watch(socket, [.read, .write], branch)
  default: branch.loop.unwatch(socket)
  }
  return 0
}

func clientTimer(_ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ owner: UnsafeMutableRawPointer?) -> Int32 {
  guard let owner else { return 0 }
  let branch = Unmanaged<ClientBranch>.fromOpaque(owner).takeUnretainedValue()
  branch.timer = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
  return 0
}
