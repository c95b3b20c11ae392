internal import Glibc

Watchdog.shared.watch()
guard let options = Options(Array(CommandLine.arguments.dropFirst())),
  let scenario = Scenarios.all.first(where: { $0.name == options.scenario })
else {
  print(Options.usage)
  exit(2)
}
exit(Performance.run(scenario, options))
