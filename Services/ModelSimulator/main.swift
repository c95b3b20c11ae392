internal import Glibc

exit(Process.run(CommandLine.arguments.dropFirst().map { $0 }, Process.environment()))
