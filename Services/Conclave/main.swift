internal import FoundationEssentials
internal import Glibc

let status = await Commands.run(
  Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
exit(status)
