/// One server-sent event.
package struct SSEEvent: Sendable, Equatable {
  /// What stands in `event:`; empty where there is none (which means "message").
  package var event: String
  /// The lines of `data:`, joined by LF.
  package var data: [UInt8]
  /// The last `id:` seen, if any.
  package var id: String?

  package init(event: String = "", data: [UInt8], id: String? = nil) {
    self.event = event
    self.data = data
    self.id = id
  }

  package var text: String { String(decoding: data, as: UTF8.self) }
}
