/// A step that whoever watches is told of.
struct Progress: Sendable, Equatable {
  let event: String
  let type: String
  let time: Moment
  let data: JSONObject
}
