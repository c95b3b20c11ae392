internal import Service
internal import Telemetry

ServiceMain.run("model-caller") { context in
  let caller = try Caller(
    CallerOptions(context.settings), log: context.log, metrics: context.metrics, readiness: context.readiness,
    onFatal: { context.fatal($0) })
  // It reads several topics and keeps a condition for each: this one would say no more.
  context.bus.met()
  caller.start()
  return caller
}
