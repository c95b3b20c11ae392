internal import Service

extension Caller: Stoppable {}
