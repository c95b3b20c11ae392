internal import Store

/// The tables. What stands in `events`, `asks`, `logs` and `offsets` is the copy of the log; all else follows from it and
/// is thrown away and built again by `--rebuild`.
enum Schema {
  /// Each step leads from one version to the next; a step that was released is never changed.
  static let steps: [Step] = [
    .sql(copy + projection), .sql(replays), .sql("ALTER TABLE events ADD COLUMN seal BLOB"), .work(Sealing.run),
    .sql(ended), .sql(keys), .work(Rebuild.afterwards),
  ]

  enum Step: Sendable {
    /// In one transaction.
    case sql(String)
    /// In several; begun again where it was interrupted.
    case work(@Sendable (Database) throws(StoreError) -> Void)
  }

  static var version: Int64 { Int64(steps.count) }

  private static let copy = """
    CREATE TABLE logs(
      number INTEGER PRIMARY KEY, incarnation TEXT NOT NULL UNIQUE, restored INTEGER NOT NULL DEFAULT 0) STRICT;
    CREATE TABLE offsets(
      log INTEGER NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, start INTEGER NOT NULL,
      next INTEGER NOT NULL,
      PRIMARY KEY(log, topic, partition)) STRICT, WITHOUT ROWID;
    CREATE TABLE subjects(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE events(
      seq INTEGER PRIMARY KEY, log INTEGER NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
      offset INTEGER NOT NULL, at INTEGER NOT NULL, subject INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
      standing INTEGER NOT NULL, why TEXT, key BLOB, headers BLOB NOT NULL, value BLOB, hash BLOB NOT NULL,
      erased INTEGER NOT NULL DEFAULT 0) STRICT;
    CREATE UNIQUE INDEX events_place ON events(log, topic, partition, offset);
    CREATE INDEX events_subject ON events(subject, seq);
    CREATE TABLE asks(
      deliberation TEXT NOT NULL, discriminator TEXT NOT NULL, tenant TEXT NOT NULL, log INTEGER NOT NULL,
      topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, at INTEGER NOT NULL, key BLOB,
      headers BLOB, value BLOB, PRIMARY KEY(deliberation, discriminator)) STRICT, WITHOUT ROWID;

    """

  static let projection = """
    CREATE TABLE deliberations(
      id TEXT PRIMARY KEY, state TEXT NOT NULL, tenant TEXT NOT NULL, form TEXT NOT NULL, mode TEXT, policy TEXT,
      model TEXT, panel TEXT, judge TEXT, answerer TEXT, asked INTEGER NOT NULL, deadline INTEGER, question TEXT,
      replays TEXT, decision TEXT, sealed TEXT, rounds INTEGER, ended INTEGER, status TEXT, failure TEXT, code INTEGER,
      answer_call TEXT, answer_model TEXT, winner INTEGER, cost INTEGER, cost_final INTEGER, calls INTEGER,
      prompt_tokens INTEGER, completion_tokens INTEGER, duration_ms INTEGER, digest TEXT, digest_events INTEGER,
      forgotten TEXT, trace TEXT) STRICT, WITHOUT ROWID;
    CREATE INDEX deliberations_asked ON deliberations(asked, id);
    CREATE INDEX deliberations_tenant ON deliberations(tenant, asked, id);
    CREATE INDEX deliberations_state ON deliberations(state, asked, id);
    CREATE INDEX deliberations_mode ON deliberations(mode, asked, id);
    CREATE INDEX deliberations_model ON deliberations(answer_model, asked, id);
    CREATE TABLE calls(
      deliberation TEXT NOT NULL, call TEXT NOT NULL, purpose TEXT NOT NULL, model_asked TEXT, model TEXT,
      provider TEXT, lane TEXT, state TEXT NOT NULL, reason TEXT, status INTEGER, execution TEXT, cost INTEGER,
      prompt_tokens INTEGER, completion_tokens INTEGER, named INTEGER, started INTEGER, first_token INTEGER,
      finished INTEGER, tries INTEGER, cached INTEGER, PRIMARY KEY(deliberation, call)) STRICT, WITHOUT ROWID;
    CREATE TABLE repeats(
      deliberation TEXT NOT NULL, call TEXT NOT NULL, execution TEXT NOT NULL, cost INTEGER NOT NULL,
      PRIMARY KEY(deliberation, call, execution)) STRICT, WITHOUT ROWID;
    CREATE TABLE analyses(
      deliberation TEXT NOT NULL, round INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT, call TEXT,
      consensus INTEGER, contradictions INTEGER, partial INTEGER, insights INTEGER, blind INTEGER, evidence INTEGER,
      verified INTEGER, repairs INTEGER, PRIMARY KEY(deliberation, round)) STRICT, WITHOUT ROWID;
    CREATE TABLE days(
      day TEXT NOT NULL, tenant TEXT NOT NULL, model TEXT NOT NULL, calls INTEGER NOT NULL, failed INTEGER NOT NULL,
      prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost INTEGER NOT NULL,
      cost_repeated INTEGER NOT NULL, PRIMARY KEY(day, tenant, model)) STRICT, WITHOUT ROWID;
    CREATE TABLE standings(
      model TEXT PRIMARY KEY, compared INTEGER NOT NULL, contradicted INTEGER NOT NULL, alone INTEGER NOT NULL,
      insights INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE pairs(
      one TEXT NOT NULL, other TEXT NOT NULL, compared INTEGER NOT NULL, apart INTEGER NOT NULL,
      PRIMARY KEY(one, other)) STRICT, WITHOUT ROWID;
    CREATE TABLE choices(
      model TEXT NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL,
      PRIMARY KEY(model, outcome)) STRICT, WITHOUT ROWID;
    """

  private static let replays =
    "CREATE INDEX deliberations_replays ON deliberations(replays, asked, id) WHERE replays IS NOT NULL"

  /// What has ended and is not forgotten, by when: for those who forget what is old.
  private static let ended = """
    CREATE INDEX deliberations_ended ON deliberations(ended) WHERE forgotten IS NULL AND state <> 'open';
    CREATE INDEX deliberations_tenant_ended ON deliberations(tenant, ended)
      WHERE forgotten IS NULL AND state <> 'open';
    """

  /// Which key asked, and what a day has cost it. The rebuild that follows fills it.
  private static let keys = """
    ALTER TABLE deliberations ADD COLUMN key TEXT;
    DROP TABLE days;
    CREATE TABLE days(
      day TEXT NOT NULL, tenant TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, calls INTEGER NOT NULL,
      failed INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
      cost INTEGER NOT NULL, cost_repeated INTEGER NOT NULL,
      PRIMARY KEY(day, tenant, key, model)) STRICT, WITHOUT ROWID;
    """

  /// What a rebuild empties and fills again.
  static let projected = [
    "deliberations", "calls", "repeats", "analyses", "days", "standings", "pairs", "choices",
  ]

  static func migrate(_ database: Database) throws(StoreError) {
    let found = try database.number("PRAGMA user_version") ?? 0
    guard found <= version else {
      throw StoreError(
        .unopened, path: database.path,
        why: "its schema is version \(found) and this program knows \(version): start the newer program")
    }
    guard found < version else { return }
    for (index, step) in steps.enumerated() where index >= found {
      if case .work(let body) = step { try body(database) }
      try database.transaction { () throws(StoreError) in
        if case .sql(let text) = step { try database.run(text) }
        try database.run("PRAGMA user_version = \(index + 1)")
      }
    }
  }
}
