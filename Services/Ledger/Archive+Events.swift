internal import Bus
internal import Deliberation
internal import Store

extension Archive.Row {
  /// As readers get it: where it stood, its envelope, its data.
  var json: JSON { json(withData: true) }

  func json(withData: Bool) -> JSON {
    let headers = HeaderBytes.decode(headers)
    var object: JSONObject = [
      "seq": .int(seq), "log": .int(log), "topic": .string(topic), "partition": .int(Int64(partition)),
      "offset": .int(offset), "at": Archive.time(at), "deliberation": .string(subject), "id": .string(id),
      "type": .string(type), "hash": .string(Hex.text(hash)),
      "envelope": .string(Hex.text(AuditRecord.envelope(key: key, headers: self.headers))),
    ]
    for (name, header) in [
      ("source", "ce_source"), ("instance", "ce_instance"), ("time", "ce_time"), ("traceparent", "traceparent"),
    ] { object.append(name, ifPresent: headers.text(header).map { .string($0) }) }
    switch standing {
    case .fact: break
    case .repeat: object.append("standing", "repeat")
    case .changed: object.append("standing", "changed")
    case .unreadable: object.append("standing", "unreadable")
    }
    object.append("why", ifPresent: why.map { .string($0) })
    if isErased { object.append("erased", true) }
    if withData, let value { object.append("data", (try? JSON.parse(value)) ?? .null) }
    return .object(object)
  }
}
