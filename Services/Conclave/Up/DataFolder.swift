internal import FoundationEssentials
internal import Glibc

/// The data folder, held by one `up` at a time. The hold is the kernel's: it ends with the process, however that ends.
final class DataFolder {
  private let descriptor: Int32
  private let path: String

  init(_ path: String) throws(CommandError) {
    self.path = path
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw .failed("the data folder \(path) cannot be made: \(error); name another with --data")
    }
    descriptor = open(path + "/up.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .failed(
        "the data folder \(path) cannot be written (\(String(cString: strerror(errno)))); name another with --data")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let other = RunFile.read(data: path).map { " (process \($0.up), \($0.http))" } ?? ""
      close(descriptor)
      throw .failed("another conclave up runs from \(path)\(other); end it, or name another folder with --data")
    }
  }

  /// Nothing runs from here any more.
  func release() {
    unlink(RunFile.path(data: path))
    close(descriptor)
  }
}
