/// Remembering what ended, and forgetting it and what nothing opened.
extension PartitionFold {
  mutating func remember(_ name: String, _ recalled: [String], begins: Int64, since: Int64) {
    if let place = ended.index(forKey: name) {
      ended.values[place].recalled += recalled
      ended.values[place].begins = min(begins, ended.values[place].begins)
      return
    }
    let at = since + limits.windowMilliseconds
    ended[name] = Memory(forgetAt: at, begins: begins, recalled: recalled)
    forgetLater(name, at)
  }

  mutating func forgetLater(_ name: String, _ at: Int64) {
    forgetting.append((at, name))
    while forgetting.count > limits.rememberedMaximum { forgetFirst() }
  }

  mutating func forget(now: Int64) {
    while let head = forgetting.first, head.at <= now { forgetFirst() }
  }

  mutating func forgetFirst() {
    guard let (at, name) = forgetting.first else { return }
    forgetting.removeFirst()
    if ended[name]?.forgetAt == at { ended[name] = nil }
    if let subject = subjects[name], subject.forgetAt == at, !subject.isOpen, subject.pending == 0 {
      subjects[name] = nil
    }
  }
}
