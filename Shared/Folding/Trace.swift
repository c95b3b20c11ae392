internal import Deliberation

/// Trace context, derived like every other id: a step done twice is one span.
package enum Trace {
  /// The context of what `id` names, in the trace of `parent`; without one, in the trace that the deliberation's id names.
  package static func child(of parent: String?, subject: String?, id: String) -> String? {
    let trace: String
    if let parent, parent.utf8.count == 55 {
      trace = String(parent.dropFirst(3).prefix(32))
    } else if let subject {
      trace = Hex.text(SHA256.hash("trace\n\(subject)")[..<16])
    } else {
      return nil
    }
    return "00-\(trace)-\(Hex.text(SHA256.hash("span\n\(id)")[..<8]))-01"
  }
}
