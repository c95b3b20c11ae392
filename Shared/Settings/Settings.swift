package import Bus
package import Deliberation
package import Models
package import Telemetry
package import Web

/// Everything a service is told from outside, read once at its start: the environment first, then the configuration
/// file. What stands here has been checked.
package struct Settings: Sendable {
  /// Which partitions are this process's where `conclave up` hands them out: those with `p % of == index`.
  package struct Share: Sendable, Equatable {
    package var index: Int
    package var of: Int

    package init(index: Int, of: Int) {
      self.index = index
      self.of = of
    }

    package func holds(_ partition: Int32) -> Bool { Int(partition) % of == index }
  }

  package var service: String
  /// The name in logs and in `ce_instance`; made up where the process has none.
  package var instance: String
  /// `CONCLAVE_INSTANCE`: a stable name, and so a static member of its group. Nil for what is scaled freely.
  package var staticInstance: String?
  package var bus: BusSettings
  package var share: Share
  package var admin: SocketAddress
  package var http: SocketAddress
  /// The ledger's interface.
  package var ledger: SocketAddress
  /// What the ledger wants to be shown; nil: it is open, on the loopback address alone.
  package var ledgerToken: String?
  /// Which life of the bus this is: the embedded broker's records go with it, so offsets are kept for each life apart.
  package var incarnation: String
  /// The folder for what lasts.
  package var data: String
  package var logLevel: Log.Level
  package var logFormat: Log.Format
  /// Where traces go; nil: nowhere.
  package var traces: String?
  package var catalogue: Catalogue
  package var providers: [String: ProviderSettings]
  package var limits: Limits
  package var gateway: Gateway
  /// Empty: whoever reaches the door may ask, so the door is on the loopback address alone.
  package var keys: [APIKey]
  /// The whole file; where the simulator stands in for the providers, with its models.
  package var configuration: JSON
}
