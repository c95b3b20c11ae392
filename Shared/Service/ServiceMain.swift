internal import Glibc

/// The shell around every service process: settings, log, metrics, the admin door, signals, an orderly end.
package enum ServiceMain {
  /// `body` builds the service and returns it running. Wrong settings end the process with status 2, an error of `body`
  /// with status 1, a signal with status 0 after the service has stopped.
  package static func run(_ name: String, _ body: (ServiceContext) throws -> any Stoppable) -> Never { exit(2) }
}
