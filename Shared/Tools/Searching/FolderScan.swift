internal import Glibc

/// The files of a folder that can be searched. Links are not followed, so that nothing outside is read.
struct FolderScan {
  struct File: Sendable, Equatable {
    /// Below the folder, with slashes.
    let path: String
    let size: Int
    /// Nanoseconds; another value is another content.
    let modified: Int64
  }

  static let fileLimit = 50_000
  static let byteLimit = 2_000_000
  static let totalLimit = 1_000_000_000
  private static let depthLimit = 32
  static let endings = [".txt", ".text", ".md", ".markdown", ".html", ".htm", ".xhtml"]

  /// nil: the folder cannot be read. `leftOut`: files that are beyond a limit.
  static func files(in folder: String) -> (files: [File], leftOut: Int)? {
    guard let names = names(folder) else { return nil }
    var files: [File] = []
    var total = 0
    var leftOut = 0
    var waiting = names.map { ($0, 1) }
    while let (path, depth) = waiting.popLast() {
      var status = stat()
      guard lstat("\(folder)/\(path)", &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        guard depth < depthLimit else { continue }
        waiting += (self.names("\(folder)/\(path)") ?? []).map { ("\(path)/\($0)", depth + 1) }
      case S_IFREG:
        let lower = path.lowercased()
        guard endings.contains(where: lower.hasSuffix) else { continue }
        let size = Int(status.st_size)
        guard size <= byteLimit, total + size <= totalLimit, files.count < fileLimit else {
          leftOut += 1
          continue
        }
        total += size
        files.append(
          File(
            path: path, size: size,
            modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)))
      default: continue
      }
    }
    return (files, leftOut)
  }

  /// What begins with a dot is nobody's to read.
  private static func names(_ folder: String) -> [String]? {
    guard let directory = opendir(folder) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  static func bytes(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= byteLimit {
      let count = read(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
    return nil
  }
}
