internal import Bus
package import Service

extension Aside {
  package init(_ session: BusSession) {
    self.init(
      begin: { partitions, receiver in try session.addAside(partitions, receiver) },
      end: { session.endAside($0) })
  }
}
