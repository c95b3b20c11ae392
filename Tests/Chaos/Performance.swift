internal import Glibc

/// One run of one scenario, from the first process to the last.
enum Performance {
  /// The exit status.
  static func run(_ scenario: any Scenario.Type, _ options: Options) -> Int32 {
    let stage: Stage
    do throws(Failure) { stage = try Stage(options, models: scenario.models(options)) } catch {
      say("\(error)")
      return 1
    }
    do throws(Failure) { try scenario.run(stage) } catch { stage.demand(false, "\(error)") }
    stage.close()
    print(stage.report.text)
    stage.tidy()
    return stage.report.passed ? 0 : 1
  }
}
