internal import FoundationEssentials
internal import Glibc

exit(Commands.run(Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment))
