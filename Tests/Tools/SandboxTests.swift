import Deliberation
import Foundation
import Glibc
import Models
import Telemetry
import Testing
import Threads
import Waiting
import Web

@testable import Tools

private let canSandbox: Bool = if case .success = Sandbox.probe(ToolSettings.Bash()) { true } else { false }

/// Where bubblewrap cannot run there is no tool, and this says so.
@Suite(
  "The sandbox", .serialized,
  .enabled(if: canSandbox, "bubblewrap cannot run here: the bash tool is not offered, and not tested"),
  .timeLimit(.minutes(2)))
struct SandboxTests {
  private func bash(
    _ command: String, within: Duration = .seconds(30), _ adjust: (inout ToolSettings.Bash) -> Void = { _ in }
  ) async throws -> ToolResult {
    var settings = ToolSettings.Bash()
    adjust(&settings)
    let tool = Bash(settings, try Sandbox.probe(settings).get())
    return await tool.run(["command": .string(command)], ToolGrant(.bash), within: within)
  }

  private func output(_ result: ToolResult) -> String { result.content["output"]?.string ?? "" }

  @Test("runs a command and gives back what it wrote and its status") func runs() async throws {
    let result = try await bash("echo out; echo error >&2; cd /tmp && echo x > file && cat file; exit 3")
    #expect(result.outcome == .ok, "\(result.error ?? "")")
    #expect(output(result) == "out\nerror\nx\n")
    #expect(result.content["exit_status"] == 3)
    #expect(output(try await bash("echo 'first\nsecond' | awk '{ print NR, $1 }' | sort -r")) == "2 second\n1 first\n")
  }

  @Test("knows nothing of the service's environment") func environment() async throws {
    setenv("CONCLAVE_TEST_SECRET", "sk-very-secret", 1)
    defer { unsetenv("CONCLAVE_TEST_SECRET") }
    let result = try await bash("env; cat /proc/*/environ; cat /proc/1/cmdline")
    #expect(result.outcome == .ok)
    #expect(!output(result).contains("very-secret"))
    #expect(!output(result).contains("CONCLAVE"))
    #expect(output(result).contains("HOME=/work"))
  }

  @Test("reads no file of the service, and writes nowhere but in its folder") func files() async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/conclave-sandbox-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "a key".write(toFile: folder + "/secret", atomically: true, encoding: .utf8)
    let here = FileManager.default.currentDirectoryPath
    let paths = [
      folder + "/secret", here + "/Package.swift", "/etc/passwd", "/etc/shadow", "/etc/hostname", "/root", "/home",
      "/var",
      "/opt", "/run", "/srv", "/mnt", "/sys", "/boot", ProcessInfo.processInfo.arguments[0],
    ].filter { $0.hasPrefix("/") && !$0.hasPrefix("/usr/") }
    let reading = try await bash(
      "for path in \(paths.joined(separator: " ")); do test -e $path && echo $path is there; done; true")
    #expect(output(reading) == "")
    let writing = try await bash(
      "for path in / /usr /usr/bin /dev /dev/shm /etc /proc /usr/local; do (echo x > $path/conclave-test) 2>/dev/null && echo $path; done; echo x > /work/fine && echo x > /tmp/fine2; ls /work"
    )
    #expect(output(writing) == "fine\nfine2\n")
    // another use has another folder
    #expect(output(try await bash("ls -A /work")) == "")
    // and what lies below /usr and is the service's is covered
    let hidden = try await bash("cat /usr/bin/env 2>/dev/null | wc -c; ls /usr/share/doc | wc -l") {
      $0.hidden = ["/usr/bin/env", "/usr/share/doc"]
    }
    #expect(output(hidden) == "0\n0\n")
  }

  @Test("reaches no network") func network() async throws {
    let listener = try #require(Listener())
    defer { listener.stop() }
    let result = try await bash(
      "for host in 127.0.0.1 ::1; do timeout 2 bash -c \"echo x > /dev/tcp/$host/\(listener.port)\" 2>/dev/null && echo connected; done; cat /proc/net/route /proc/net/dev | grep -v -e face -e Iface -e ' lo:' -e Inter"
    )
    #expect(!output(result).contains("connected"))
    #expect(output(result) == "", "only the loopback of its own")
    #expect(listener.connections == 0)
  }

  @Test("sees no other process, and no descriptor of the service") func processes() async throws {
    let result = try await bash(
      "ls -d /proc/[0-9]* | wc -l; ls /proc/self/fd | tr '\\n' ' '; kill -9 -1 2>/dev/null; true")
    let lines = output(result).split(separator: "\n")
    #expect((lines.first.flatMap { Int($0) } ?? 99) <= 5)
    // ls itself has one open for the folder
    #expect(lines.last.map(String.init)?.trimmingCharacters(in: .whitespaces) == "0 1 2 3")
  }

  @Test("cannot make itself another world, nor memory that nobody owns") func doors() async throws {
    let result = try await bash(
      """
      unshare -Ur true 2>/dev/null && echo namespace
      mount -t tmpfs none /work 2>/dev/null && echo mounted
      python3 -c 'import os; os.memfd_create("x")' 2>/dev/null && echo memory
      ipcmk -M 1000 >/dev/null 2>&1 && echo segment
      for family in AF_INET AF_INET6 AF_NETLINK AF_VSOCK AF_ALG; do
        python3 -c "import socket; socket.socket(socket.$family, socket.SOCK_DGRAM)" 2>/dev/null && echo $family
      done
      python3 -c 'import socket; socket.socketpair()' || echo no pair
      dmesg 2>/dev/null | head -n 1
      python3 -c 'import ctypes; exit(ctypes.CDLL(None).syscall(206, 1, ctypes.byref(ctypes.c_ulong())) == 0)' || echo aio
      grep -q '^CapEff:.*[1-9a-f]' /proc/self/status && echo capable
      true
      """)
    #expect(result.outcome == .ok)
    #expect(output(result) == "")
  }

  /// Bounded by RLIMIT_NPROC within its own user namespace, by the watch outside, and by time.
  @Test("ends a fork bomb, which harms nobody") func forkBomb() async throws {
    let before = try #require(processCount())
    let start = ContinuousClock.now
    let result = try await bash(":(){ :|:& };:; sleep 60") {
      $0.timeout = .seconds(2)
      $0.processes = 24
    }
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(result.outcome != .refused)
    #expect(eventually(within: .seconds(20)) { (processCount() ?? .max) <= before + 40 })
    #expect(output(try await bash("echo fine")) == "fine\n")
  }

  @Test("starts no more processes than it may") func processLimit() async throws {
    let settings = ToolSettings.Bash()
    let sandbox = try Sandbox.probe(settings).get()
    let end = sandbox.run(
      "for i in $(seq 200); do sleep 3 & done 2>/dev/null; sleep 1", within: .seconds(3), StopFlag())
    #expect(end.processes <= settings.processes + 4, "\(end.processes)")
    #expect(end.processes >= settings.processes / 2)
  }

  @Test("ends a memory hog, alone or in a crowd") func memory() async throws {
    let alone = try await bash("python3 -c 'x = bytearray(2000000000)'; echo status $?") {
      $0.memoryBytes = 200_000_000
    }
    #expect(output(alone).contains("MemoryError") || output(alone).contains("status 1"))
    let crowd = try await bash(
      "for i in 1 2 3 4 5 6; do python3 -c 'import time; x = bytearray(b\"x\") * 90000000; time.sleep(20)' & done; wait"
    ) {
      $0.memoryBytes = 200_000_000
      $0.timeout = .seconds(20)
    }
    #expect(crowd.outcome == .limit, "\(crowd.error ?? "")")
    #expect(crowd.error?.contains("memory") == true)
  }

  @Test("ends who hides memory in shared pages, or in files without bytes") func hidden() async throws {
    let shared = try await bash(
      """
      for i in 1 2 3 4; do
        python3 -c 'import mmap, time
      m = mmap.mmap(-1, 90_000_000)
      for place in range(0, 90_000_000, 4096): m[place] = 1
      time.sleep(20)' &
      done; wait
      """
    ) {
      $0.memoryBytes = 250_000_000
      $0.timeout = .seconds(20)
    }
    #expect(shared.outcome == .limit, "\(shared.content)")
    #expect(shared.error?.contains("memory") == true)
    let files = try await bash(
      "python3 -c 'import os\nfor i in range(10**7): os.close(os.open(f\"/work/{i}\", os.O_CREAT))'"
    ) {
      $0.files = 1_000
      $0.timeout = .seconds(20)
    }
    #expect(files.outcome == .limit, "\(files.content)")
    #expect(files.error?.contains("files") == true)
  }

  @Test("ends an endless writer, to its output and to its folder") func writers() async throws {
    let start = ContinuousClock.now
    let talker = try await bash("yes conclave") { $0.outputBytes = 10_000 }
    #expect(talker.outcome == .limit)
    #expect(output(talker).utf8.count == 10_000)
    #expect(ContinuousClock.now - start < .seconds(10))
    let file = try await bash(
      "cat /dev/zero > /work/big; cat /dev/zero > /work/bigger; du -b /work/* | awk '{ s += $1 } END { print s }'"
    ) {
      $0.folderBytes = 1_000_000
    }
    let sum = try #require(output(file).split(separator: "\n").last.flatMap { Int($0) })
    #expect(sum <= 1_100_000, "\(output(file))")
  }

  @Test("ends what takes too long, or too much of the processor") func time() async throws {
    let start = ContinuousClock.now
    let sleeper = try await bash("echo before; sleep 100") { $0.timeout = .milliseconds(300) }
    #expect(sleeper.outcome == .timeout)
    #expect(output(sleeper) == "before\n")
    #expect(ContinuousClock.now - start < .seconds(10))
    let spinner = try await bash("while :; do :; done", within: .seconds(60)) {
      $0.cpuSeconds = 1
      $0.timeout = .seconds(60)
    }
    #expect(spinner.outcome == .failed)
    #expect(spinner.error?.contains("signal") == true)
    // what it leaves running ends with it
    let mark = "conclave-left-\(UInt32.random(in: 0 ... .max))"
    _ = try await bash("(exec -a \(mark) sleep 100) & echo started")
    #expect(eventually(within: .seconds(10)) { !isRunning(named: mark) })
  }

  @Test("ends within 100 ms of being cancelled") func cancelled() async throws {
    let settings = ToolSettings.Bash()
    let tool = Bash(settings, try Sandbox.probe(settings).get())
    let mark = "conclave-stopped-\(UInt32.random(in: 0 ... .max))"
    let task = Task {
      await tool.run(["command": .string("exec -a \(mark) sleep 100")], ToolGrant(.bash), within: .seconds(9))
    }
    #expect(eventually(within: .seconds(20)) { isRunning(named: mark) })
    let start = ContinuousClock.now
    task.cancel()
    let result = await task.value
    #expect(ContinuousClock.now - start < .milliseconds(100))
    #expect(result.error == "stopped")
    #expect(eventually(within: .seconds(10)) { !isRunning(named: mark) })
  }

  private func processCount() -> Int? {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.count { Int($0) != nil }
  }
}

@Suite("The bash tool") struct BashOfferTests {
  @Test("is off unless it is turned on") func off() throws {
    #expect(try ToolSettings(json: nil) { _ in nil }.bash == nil)
    #expect(try ToolSettings(json: ["bash": ["timeout_ms": 1_000]]) { _ in nil }.bash == nil)
    #expect(try ToolSettings(json: ["bash": ["enabled": true]]) { _ in nil }.bash != nil)
  }

  @Test("is not offered where its sandbox cannot start, and the log says why") func unavailable() {
    var settings = ToolSettings.Bash()
    // no processes, no sandbox: as on a machine where the kernel allows none
    settings.memoryBytes = 1
    let lines = Lock<[String]>([])
    let log = Log(service: "t", instance: "t", level: .info, format: .text) { line in lines.withLock { $0.append(line) }
    }
    let toolbox = Toolbox(ToolSettings(bash: settings), client: HTTPClient(), log: log, metrics: Metrics())
    #expect(toolbox.offered == [])
    #expect(
      lines.withLock {
        $0.contains { $0.contains("tools.not_offered") && $0.contains("bash") && $0.contains("bubblewrap") }
      })
  }
}
