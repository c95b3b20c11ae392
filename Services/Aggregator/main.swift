import Bus
import Deliberation
import Folding
import Service

// Says when the set is complete, how the deliberation ends, and what the fused result is.
ServiceMain.run("aggregator") { context in
  try FoldingService.start(
    context, Assembling(), tellsOfEnds: true,
    writing: [context.topics.results, context.topics.replies, context.topics.signals])
}
