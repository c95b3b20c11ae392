internal import Deliberation
internal import Models

/// Runs a command of a model in a sandbox of its own.
struct Bash: Tool {
  let name = ServerTool.bash
  let arguments: JSON = [
    "type": "object", "properties": ["command": ["type": "string", "description": "For bash -c"]],
    "required": ["command"],
  ]
  private let settings: ToolSettings.Bash
  private let sandbox: Sandbox
  private let workers: Workers

  private static let commandBytes = 100_000
  private static let ending: Duration = .milliseconds(500)

  init(_ settings: ToolSettings.Bash, _ sandbox: Sandbox) {
    self.settings = settings
    self.sandbox = sandbox
    workers = Workers("sandbox", threads: settings.concurrent, queue: 64)
  }

  var description: String {
    "Runs a command with bash and returns what it wrote. There is no network; the current folder is empty, can be written "
      + "to (\(settings.folderBytes / 1_000_000) MB) and is gone afterwards. At most "
      + "\(settings.timeout.components.seconds) seconds."
  }

  func run(_ arguments: JSON, _ grant: ToolGrant, within limit: Duration) async -> ToolResult {
    guard let command = arguments["command"]?.string, !command.isEmpty else {
      return ToolResult(.failed, "command is missing; write {\"command\": \"…\"}")
    }
    guard command.utf8.count <= Self.commandBytes, !command.utf8.contains(0) else {
      return ToolResult(.failed, "the command has more than \(Self.commandBytes) bytes, or a zero byte")
    }
    let stop = StopFlag()
    let begin = ContinuousClock.now
    // it may stand in line for long, and needs a moment more to be ended when its time is over
    let outcome = await withTaskCancellationHandler {
      await workers.run(within: limit + Self.ending) { [sandbox] in
        let left = limit - (ContinuousClock.now - begin)
        return left > .zero ? sandbox.run(command, within: left, stop) : SandboxEnd(cause: .overTime)
      }
    } onCancel: {
      stop.stop()
    }
    switch outcome {
    case .done(let end): return result(end)
    case .full: return ToolResult(.limit, "too many commands wait; try again")
    case .cancelled: return result(SandboxEnd(cause: .stopped))
    case .late:
      stop.stop()
      return result(SandboxEnd(cause: .overTime))
    }
  }

  private func result(_ end: SandboxEnd) -> ToolResult {
    let output: JSON = .string(String(decoding: end.output, as: UTF8.self))
    var result: ToolResult
    switch end.cause {
    case .exited(let code): result = ToolResult(["output": output, "exit_status": .int(Int64(code))])
    case .signalled(let signal):
      result = ToolResult(.failed, "the command was ended by signal \(signal)", ["output": output])
    case .overTime: result = ToolResult(.timeout, "the command was ended: its time is over", ["output": output])
    case .overOutput:
      result = ToolResult(
        .limit, "the command was ended: it wrote more than \(settings.outputBytes) bytes", ["output": output])
    case .overMemory:
      result = ToolResult(
        .limit, "the command was ended: it took more than \(settings.memoryBytes) bytes of memory", ["output": output])
    case .overProcesses:
      result = ToolResult(
        .limit, "the command was ended: it started more than \(settings.processes) processes", ["output": output])
    case .overFiles:
      result = ToolResult(
        .limit, "the command was ended: it made more than \(settings.files) files", ["output": output])
    case .stopped: result = ToolResult(.failed, "stopped", ["output": output])
    case .unstarted(let why): result = ToolResult(.failed, why)
    }
    result.receivedBytes = end.output.count
    return result
  }
}
