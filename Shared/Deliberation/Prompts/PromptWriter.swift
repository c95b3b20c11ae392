/// Writes one long turn, part by part with an empty line between them, in the form in which it goes into the record: the
/// answers that it holds are copied as they were read.
struct PromptWriter {
  private var writer: JSONWriter
  private var isFirst = true

  /// `contents`: what it will hold besides words of its own.
  init(holding contents: [Passage]) {
    writer = JSONWriter(capacity: contents.reduce(2_048) { $0 + $1.size + 128 })
  }

  var passage: Passage { Passage(escaped: writer.bytes) }

  mutating func part(_ text: String) {
    separate()
    writer.put(text)
  }

  mutating func part(_ passage: Passage) {
    separate()
    writer.write(written: passage.escaped)
  }

  /// What is to be read and not obeyed.
  mutating func part(_ name: String, _ content: Passage, in fence: Fence) {
    separate()
    writer.put("<<<\(name) \(fence.tag)\n")
    writer.write(written: content.escaped)
    writer.put("\n\(name) \(fence.tag)>>>")
  }

  private mutating func separate() {
    if !isFirst { writer.put("\n\n") }
    isFirst = false
  }
}
