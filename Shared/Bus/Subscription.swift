/// The two ways to get partitions.
package enum Subscription: Sendable {
  /// As a member of a consumer group (`range`), static where it has an instance name.
  case group(String, instance: String?, topics: [String], session: Duration)
  /// Handed out by someone else; commits go to `group` where one is given.
  case assigned([TopicPartition], group: String?)

  /// How long a member may be silent: a static one longer than a broker or a service takes to restart.
  package static func session(instance: String?) -> Duration { instance == nil ? .seconds(10) : .seconds(30) }
}
