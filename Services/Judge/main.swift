import Bus
import Deliberation
import Folding
import Service

// Writes the judging and answering prompts, and says whether an analysis is valid, grounded, to be repaired or given up.
ServiceMain.run("judge") { context in
  try FoldingService.start(context, Judging(), writing: context.topics.lanes.map(context.topics.calls))
}
