package import Models

/// What one turn of a model wants run.
package struct ToolRound: Sendable, Equatable {
  /// The call and its trace, for logs.
  package let call: String
  package let trace: String
  package let turn: Int
  package let grants: [ToolGrant]
  package let calls: [ToolCall]
  /// How often each tool was used in the turns before.
  package let earlier: [ServerTool: Int]
  /// How long all of it may take, in milliseconds.
  package let milliseconds: Int64
  /// How many bytes of results the conversation still takes.
  package let room: Int

  package init(
    call: String, trace: String = "", turn: Int, grants: [ToolGrant], calls: [ToolCall],
    earlier: [ServerTool: Int] = [:],
    milliseconds: Int64 = 60_000, room: Int = 400_000
  ) {
    self.call = call
    self.trace = trace
    self.turn = turn
    self.grants = grants
    self.calls = calls
    self.earlier = earlier
    self.milliseconds = milliseconds
    self.room = room
  }
}
