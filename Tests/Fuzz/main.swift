import Glibc

/// Throws seeded garbage at the readers of what providers send: fuzz [inputs] [seed]. Ends with 1 at the first input that
/// a reader does not survive as it should, and prints how to have it again.
let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let inputs = Int(clamping: arguments.first ?? 1_000_000)
let seed = arguments.dropFirst().first ?? 1

var fuzzer = Fuzzer(seed: seed)
let begun = ContinuousClock.now
var slowest = Duration.zero
for number in 0..<inputs {
  // whoever hangs is ended by the kernel, and this line says with which input
  alarm(20)
  let before = ContinuousClock.now
  if let complaint = fuzzer.step() {
    print("fuzz: input \(number) of seed \(seed): \(complaint)")
    exit(1)
  }
  slowest = max(slowest, .now - before)
}
let took = ContinuousClock.now - begun
print("fuzz: \(inputs) inputs of seed \(seed) in \(took), the slowest took \(slowest); \(fuzzer.summary)")
