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
    lines.append(
      report["passed"]?.bool == true
        ? paint(.green, "verified") : paint(.red, "not verified: \(number("found")) found"))
    return lines.joined(separator: "\n") + "\n"
  }
}
