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

  package init(
    _ reason: FailureReason, status: Int? = nil, message: String, remedy: Remedy, retryAfter: Int64? = nil,
    stayedSilent: Bool = false
  ) {
    self.reason = reason
    self.status = status
    self.message = message
    self.remedy = remedy
    self.retryAfter = retryAfter
    self.stayedSilent = stayedSilent
  }
}
