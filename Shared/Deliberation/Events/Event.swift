/// Everything that can have happened to a deliberation.
package enum Event: Sendable, Equatable {
  // far larger than all others, and every event would have its size
  indirect case requested(Requested)
  case rejected(Rejected)
  case cancelRequested(CancelRequested)
  case decisionMade(DecisionMade)
  case panelDispatched(PanelDispatched)
  case memberReplaced(MemberReplaced)
  case callRequested(CallRequested)
  case callCompleted(CallCompleted)
  case callFailed(CallFailed)
  case panelAssembled(PanelAssembled)
  case analysisCompleted(AnalysisCompleted)
  case analysisDegraded(AnalysisDegraded)
  case completed(Completed)
  case failed(Failed)
  case cancelled(Cancelled)
  case settled(Settled)
  case restored
  case forgotten(Forgotten)

  package enum Name: String, Sendable, CaseIterable {
    case requested = "deliberation.requested"
    case rejected = "deliberation.rejected"
    case cancelRequested = "deliberation.cancel_requested"
    case decisionMade = "decision.made"
    case panelDispatched = "panel.dispatched"
    case memberReplaced = "member.replaced"
    case callRequested = "call.requested"
    case callCompleted = "call.completed"
    case callFailed = "call.failed"
    case panelAssembled = "panel.assembled"
    case analysisCompleted = "analysis.completed"
    case analysisDegraded = "analysis.degraded"
    case completed = "deliberation.completed"
    case failed = "deliberation.failed"
    case cancelled = "deliberation.cancelled"
    case settled = "deliberation.settled"
    case restored = "deliberation.restored"
    case forgotten = "deliberation.forgotten"

    /// The whole `ce_type`.
    package var type: String { Self.types[self] ?? "" }

    // made once: every record has one of them
    private static let types = Dictionary(uniqueKeysWithValues: allCases.map { ($0, "conclave.\($0.rawValue).v1") })
    private static let names = allCases
    private static let bytes = names.map { Array($0.type.utf8) }

    package init?(type: String) { self.init(type: Array(type.utf8)) }

    package init?(type: [UInt8]) {
      for place in Self.bytes.indices
      where Self.bytes[place].count == type.count && ByteSearch.isSame(Self.bytes[place], type) {
        self = Self.names[place]
        return
      }
      return nil
    }

    /// Whether the first of these ends a deliberation (`rejected` only where nothing was requested before it).
    package var isEnd: Bool {
      switch self {
      case .completed, .failed, .cancelled, .rejected: true
      default: false
      }
    }
  }

  package var name: Name {
    switch self {
    case .requested: .requested
    case .rejected: .rejected
    case .cancelRequested: .cancelRequested
    case .decisionMade: .decisionMade
    case .panelDispatched: .panelDispatched
    case .memberReplaced: .memberReplaced
    case .callRequested: .callRequested
    case .callCompleted: .callCompleted
    case .callFailed: .callFailed
    case .panelAssembled: .panelAssembled
    case .analysisCompleted: .analysisCompleted
    case .analysisDegraded: .analysisDegraded
    case .completed: .completed
    case .failed: .failed
    case .cancelled: .cancelled
    case .settled: .settled
    case .restored: .restored
    case .forgotten: .forgotten
    }
  }

  package var type: String { name.type }

  /// Reads the value of an event. Nil where the type is unknown: such an event is ignored (and counted in the digest).
  /// `deliberation`: its id, where the reader has it, which the calls that are named then share.
  /// What is passed is held against the rules and not built.
  package static func parse(
    type: String, id: String, value: [UInt8], of deliberation: String = "", passing: Passing = []
  ) throws(EventError) -> Event? {
    try Name(type: type).map { name throws(EventError) in
      try parse(name, value: value, of: deliberation, passing: passing)
    }
  }

  package static func parse(
    _ name: Name, value: [UInt8], of deliberation: String = "", passing: Passing = []
  ) throws(EventError) -> Event {
    let fields = try Fields(value, of: deliberation)
    return switch name {
    case .requested: .requested(try Requested(fields))
    case .rejected: .rejected(try Rejected(fields))
    case .cancelRequested: .cancelRequested(try CancelRequested(fields))
    case .decisionMade: .decisionMade(try DecisionMade(fields))
    case .panelDispatched: .panelDispatched(try PanelDispatched(fields))
    case .memberReplaced: .memberReplaced(try MemberReplaced(fields))
    case .callRequested: .callRequested(try CallRequested(fields))
    case .callCompleted: .callCompleted(try CallCompleted(fields, passing))
    case .callFailed: .callFailed(try CallFailed(fields, passing))
    case .panelAssembled: .panelAssembled(try PanelAssembled(fields))
    case .analysisCompleted: .analysisCompleted(try AnalysisCompleted(fields, passing))
    case .analysisDegraded: .analysisDegraded(try AnalysisDegraded(fields))
    case .completed: .completed(try Completed(fields))
    case .failed: .failed(try Failed(fields))
    case .cancelled: .cancelled(try Cancelled(fields))
    case .settled: .settled(try Settled(fields))
    case .restored: .restored
    case .forgotten: .forgotten(try Forgotten(fields))
    }
  }

  package var json: JSON {
    switch self {
    case .requested(let event): event.json
    case .rejected(let event): event.json
    case .cancelRequested(let event): event.json
    case .decisionMade(let event): event.json
    case .panelDispatched(let event): event.json
    case .memberReplaced(let event): event.json
    case .callRequested(let event): event.json
    case .callCompleted(let event): event.json
    case .callFailed(let event): event.json
    case .panelAssembled(let event): event.json
    case .analysisCompleted(let event): event.json
    case .analysisDegraded(let event): event.json
    case .completed(let event): event.json
    case .failed(let event): event.json
    case .cancelled(let event): event.json
    case .settled(let event): event.json
    case .restored: [:]
    case .forgotten(let event): event.json
    }
  }
}
