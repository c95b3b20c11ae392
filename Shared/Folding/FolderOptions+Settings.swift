internal import Bus
package import Settings

extension FolderOptions {
  package init(_ settings: Settings) {
    self.init(
      group: Topics(settings.bus).group(settings.service), startsAtBeginning: settings.bus.kind == .embedded,
      recordBytes: settings.limits.recordBytes)
    limits.windowMilliseconds = Int64(settings.limits.dedupWindow / .milliseconds(1))
  }
}
