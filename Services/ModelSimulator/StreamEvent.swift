/// One event of a streamed answer.
struct StreamEvent: Equatable, Sendable {
  /// What stands in `event:`; OpenAI's events have none.
  var name: String?
  let data: [UInt8]
  /// It carries words of the answer: what a pace is about.
  var isText = false

  init(_ data: [UInt8], name: String? = nil, isText: Bool = false) {
    self.name = name
    self.data = data
    self.isText = isText
  }
}
