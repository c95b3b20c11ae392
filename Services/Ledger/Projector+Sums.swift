internal import Store

extension Projector {
  /// Adds what the batch summed up. In one order, so that equal batches do equal things.
  mutating func flush() throws(StoreError) {
    defer { sums = Sums() }
    for (day, spent) in sums.days {
      try statements(
        """
        INSERT INTO days VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET calls = calls + excluded.calls,
          failed = failed + excluded.failed, prompt_tokens = prompt_tokens + excluded.prompt_tokens,
          completion_tokens = completion_tokens + excluded.completion_tokens, cost = cost + excluded.cost,
          cost_repeated = cost_repeated + excluded.cost_repeated
        """
      ).run(
        .text(day.day), .text(day.tenant), .text(day.key), .text(day.model), .int(spent.calls), .int(spent.failed),
        .int(spent.promptTokens), .int(spent.completionTokens), .int(spent.cost), .int(spent.costRepeated))
    }
    for (model, stood) in sums.standings {
      try statements(
        """
        INSERT INTO standings VALUES(?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET compared = compared + excluded.compared,
          contradicted = contradicted + excluded.contradicted, alone = alone + excluded.alone,
          insights = insights + excluded.insights
        """
      ).run(.text(model), .int(stood.compared), .int(stood.contradicted), .int(stood.alone), .int(stood.insights))
    }
    for (pair, met) in sums.pairs {
      try statements(
        """
        INSERT INTO pairs VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET compared = compared + excluded.compared,
          apart = apart + excluded.apart
        """
      ).run(.text(pair.one), .text(pair.other), .int(met.compared), .int(met.apart))
    }
    for (choice, count) in sums.choices {
      try statements("INSERT INTO choices VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count")
        .run(.text(choice.model), .text(choice.outcome), .int(count))
    }
  }
}
