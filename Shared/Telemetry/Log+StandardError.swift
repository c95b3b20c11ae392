internal import Glibc

extension Log {
  /// Writes a line to standard error in one call, so that lines of several threads do not mix.
  package static let standardError: @Sendable (String) -> Void = { line in
    var line = line + "\n"
    line.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, rest.count > 0 {
        let written = Glibc.write(STDERR_FILENO, start, rest.count)
        // a log that cannot be written has nowhere to say so
        guard written > 0 || (written < 0 && errno == EINTR) else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, written)))
      }
    }
  }
}
