internal import Deliberation
internal import FoundationEssentials

/// Starts the verifier, which reads along while the run goes on, and takes its verdict at the end. Reading along matters
/// on the embedded broker, which forgets the beginning of a long log.
final class Referee {
  private let child: Child
  private let control: Child?
  private let book: ClientBook

  struct Judgement {
    let passed: Bool
    let text: String
    let figures: JSON
    /// Nil where no control was asked for; true when the same run fails with deduplication switched off.
    let controlFailed: Bool?
  }

  init(
    bootstrap: String, isEmbedded: Bool, book: ClientBook, folder: String, flags: [String] = [],
    withControl: Bool = false,
    limit: Int = 3600
  ) throws(Failure) {
    self.book = book
    var arguments = ["--kafka", bootstrap, "--record", book.path, "--follow", String(limit)]
    if isEmbedded { arguments.append("--embedded") }
    let environment = ProcessInfo.processInfo.environment
    let program = "\(Files.programs)/verifier"
    child = try Child("verifier", program, arguments + flags, environment: environment, log: "\(folder)/verdict.txt")
    control =
      withControl
      ? try Child(
        "verifier, control", program, arguments + ["--no-dedup"], environment: environment, log: "\(folder)/control.txt"
      )
      : nil
  }

  /// Writes the record's last line and waits for what the verifier says.
  func judge(within limit: Duration = .seconds(120)) -> Judgement {
    book.write(["kind": "over", "at": .int(Time.now)])
    let ended = child.waits(limit) && (control?.waits(limit) ?? true)
    let text = Files.text(child.log) ?? ""
    let line = text.split(separator: "\n").last { $0.hasPrefix("{") } ?? "{}"
    return Judgement(
      passed: ended && child.status == 0, text: text, figures: (try? JSON.parse(String(line))) ?? [:],
      controlFailed: control.map { $0.status == 1 })
  }

  func end() {
    child.end(within: .seconds(2))
    control?.end(within: .seconds(2))
  }
}
