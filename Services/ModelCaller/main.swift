internal import Service

ServiceMain.run("model-caller") { context in
  let caller = try Caller(
    CallerOptions(context.settings), log: context.log, metrics: context.metrics, readiness: context.readiness,
    onFatal: { context.fatal($0) })
  caller.start()
  return caller
}
