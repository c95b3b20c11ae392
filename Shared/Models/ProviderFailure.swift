package import Deliberation

/// Why a provider gave no answer, told apart by what may be done about it.
package struct ProviderFailure: Error, Sendable, Equatable {
  /// What may be tried after it.
  package enum Remedy: Sendable, Equatable {
    /// Nothing would answer otherwise: a content filter, an invalid request, a cancellation.
    case none
    /// Another provider or model may, this one will not: a wrong key, no credit, a model that is not there.
    case elsewhere
    /// Another provider at once; this one too, after a pause.
    case later
    /// This one alone, after a pause: it asked for it (409, 425).
    case laterHere
  }

  /// As `call.failed` names it.
  package var reason: FailureReason
  /// The HTTP status, or the code in an error body; nil where no answer came.
  package var status: Int?
  /// Scrubbed of keys, cut, on one line.
  package var message: String
  package var remedy: Remedy
  /// How long the provider asked to be left alone, in milliseconds.
  package var retryAfter: Int64?
  /// The provider took the request and said nothing: it is not asked again for this call.
  package var stayedSilent: Bool
  /// Its connection ended, or fell silent, in the middle of the answer.
  package var brokeOff: Bool

  package init(
    _ reason: FailureReason, status: Int? = nil, message: String, remedy: Remedy, retryAfter: Int64? = nil,
    stayedSilent: Bool = false, brokeOff: Bool = false
  ) {
    self.reason = reason
    self.status = status
    self.message = message
    self.remedy = remedy
    self.retryAfter = retryAfter
    self.stayedSilent = stayedSilent
    self.brokeOff = brokeOff
  }

  /// What it says of the provider.
  package enum Sign: Sendable, Equatable {
    /// Nothing: it was ended from here.
    case none
    /// It answers, if only to refuse.
    case there
    case down
  }

  package var sign: Sign {
    switch reason {
    case .cancelled, .overBudget, .expired: return .none
    case .upstreamError, .timeout:
      // without a status no answer came, not even a connection perhaps
      guard let status else { return .down }
      return status >= 500 || (brokeOff && status < 300) ? .down : .there
    default: return .there
    }
  }
}
