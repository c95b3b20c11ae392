internal import Store

extension KnownSubject {
  /// What the tables say of it so far.
  mutating func recall(_ id: String, _ statements: Statements) throws(StoreError) {
    let row = try statements("SELECT tenant, state, key FROM deliberations WHERE id = ?").rows([.text(id)]) {
      ($0.text(0), $0.text(1), $0.optionalText(2))
    }.first
    if let (tenant, state, key) = row {
      self.tenant = tenant
      self.key = key ?? ""
      hasEnded = state != "open"
      isAsked = state != "rejected"
    }
    let outcomes = try statements("SELECT call, execution FROM calls WHERE deliberation = ? AND state <> 'asked'")
      .rows([.text(id)]) { ($0.text(0), $0.text(1)) }
    for (call, execution) in outcomes { self.outcomes[call] = execution }
    let rounds = try statements("SELECT round FROM analyses WHERE deliberation = ?").rows([.text(id)]) {
      Int($0.int(0))
    }
    analysed = Set(rounds)
  }
}
