internal import Deliberation

/// What an audit found, for people.
enum VerifyReport {
  static func text(_ report: JSON, _ paint: Paint) -> String {
    func number(_ key: String) -> Int64 { report[key]?.int ?? 0 }
    var lines: [String] = []
    for finding in report["findings"]?.array ?? [] {
      let kind = finding["kind"]?.string ?? "?"
      let event = finding["event"]?.string ?? finding["deliberation"]?.string ?? ""
      lines.append(
        [paint(.red, Paint.padded(kind, 10)), finding["place"]?.string ?? "", event, finding["what"]?.string ?? ""]
          .filter { !$0.isEmpty }.joined(separator: "  "))
    }
    let unlisted = number("found") - Int64(report["findings"]?.array?.count ?? 0)
    if unlisted > 0 { lines.append("and \(unlisted) more") }
    for again in report["paid_repeats"]?.array ?? [] {
      let cost = AskAnswer.dollars(again["cost"]?.number ?? 0)
      lines.append(
        "\(paint(.yellow, Paint.padded("paid twice", 10)))  \(again["place"]?.string ?? "")  \(again["event"]?.string ?? "")"
          + "  $\(cost) on top; the first is at \(again["first"]?.string ?? "")")
    }
    lines.append(
      "\(number("events")) events of \(number("deliberations")) deliberations, \(number("digests")) digests recomputed"
        + (number("compared") > 0 ? ", \(number("compared")) rows of the ledger held against the topic" : ""))
    lines.append(
      "\(number("repeats")) repeats, \(number("paid")) paid repeats ($\(AskAnswer.dollars(report["cost_repeated"]?.number ?? 0)))"
        + ", \(number("forgotten")) forgotten")
    if let line = cut(report) { lines.append(line) }
    lines.append(
      report["passed"]?.bool == true
        ? paint(.green, "verified") : paint(.red, "not verified: \(number("found")) found"))
    return lines.joined(separator: "\n") + "\n"
  }

  /// The most partitions that are named in the line of those that were cut.
  private static let mostNamed = 4

  /// What could not be checked because the topic, or whoever began to copy it late, no longer had it.
  private static func cut(_ report: JSON) -> String? {
    let (cut, gone) = (report["cut"]?.int ?? 0, report["gone"]?.int ?? 0)
    guard cut > 0 || gone > 0 else { return nil }
    let all = report["begins"]?.array ?? []
    let begins = cut > 0 ? all.filter { $0["cut"]?.int ?? 0 > 0 } : all
    var places = begins.prefix(mostNamed).map {
      "\($0["place"]?.string ?? "?") begins at offset \($0["offset"]?.int ?? 0)"
    }
    if begins.count > mostNamed { places.append("\(begins.count - mostNamed) more partitions behind 0 as well") }
    let stands = places.joined(separator: ", ")
    // only a report on the topic has it
    guard report["compared"] != nil else {
      return "cut: \(cut) deliberations began before the ledger first read their partition (\(stands)), so their"
        + " digests cannot be recomputed"
    }
    guard cut > 0 else {
      return "gone: \(gone) rows of the ledger are older than what the topic still holds (\(stands)) and were not"
        + " compared; verify without --log: the ledger kept them"
    }
    return "cut: \(cut) deliberations began before what the topic still holds (\(stands)), so their digests were"
      + " not recomputed here, and \(gone) older rows of the ledger were not compared; verify without --log: the ledger kept"
      + " them"
  }
}
