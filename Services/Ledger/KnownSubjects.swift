/// What is known of a deliberation while its events come in: enough to tell a repeat from a fact without asking the file.
struct KnownSubject {
  let number: Int64
  /// Hashes by `ce_id`, without the subject in front.
  var facts: [String: [UInt8]] = [:]
  var tenant = ""
  var key = ""
  var isAsked = false
  var hasEnded = false
  /// When the first record of `deliberation.forgotten` stood.
  var isForgotten = false
  var outcomes: [String: String] = [:]
  var analysed: Set<Int> = []
}

/// The subjects that were met lately. Two generations: what was not met while one filled is let go, and read from the file
/// again should it come once more.
struct KnownSubjects {
  private let most: Int
  private var young: [String: KnownSubject] = [:]
  private var old: [String: KnownSubject] = [:]

  init(most: Int = 20_000) { self.most = most }

  mutating func take(_ id: String) -> KnownSubject? {
    young.removeValue(forKey: id) ?? old.removeValue(forKey: id)
  }

  mutating func keep(_ id: String, _ subject: KnownSubject) {
    if young.count >= most {
      old = young
      young = [:]
    }
    young[id] = subject
  }

  /// After a transaction that was undone nothing that was learned in it is true.
  mutating func forgetAll() {
    young = [:]
    old = [:]
  }
}
