import Glibc

/// Plays seeds of the whole system in one process with virtual time, and prints those that fail and how to have them
/// again.
guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
  print(Options.usage)
  exit(2)
}
var campaign = Campaign(seeds: options.from..<options.from + options.seeds)
campaign.threads = options.threads
campaign.mutation = options.mutation
campaign.isTold = options.isTold
let begun = ContinuousClock.now
let outcome: Campaign.Outcome
do { outcome = try campaign.run() } catch {
  print("simulate: \(error)")
  exit(1)
}
let mutation = options.mutation.map { " --mutation \($0.rawValue)" } ?? ""
for failure in outcome.failures {
  print("simulate: seed \(failure.seed) (again: simulate 1 --from \(failure.seed)\(mutation))")
  for broken in failure.broken.prefix(20) { print("  \(broken)") }
}
// with few seeds not everything can happen
let missing = options.seeds >= 1_000 && options.mutation == nil ? outcome.missing : []
for what in missing { print("simulate: never happened: \(what)") }
print(
  "simulate: \(outcome.played) seeds in \(ContinuousClock.now - begun), \(outcome.failures.count) failed; "
    + outcome.seen.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
exit(outcome.failures.isEmpty && missing.isEmpty ? 0 : 1)
