import Model

/// Hands records to a receiver in a kind's own way. One task uses it at a time; it connects when it first has something.
protocol SinkCarrier: AnyObject {
    /// Whether a receiver says of each record that it has it. Where not, what was sent last on a connection that broke is sent
    /// again.
    var isAcknowledged: Bool { get }
    /// Whether the connection that records were sent on still stands.
    var isConnected: Bool { get }

    func send(_ batch: RecordBatch) async -> SinkAnswer
    func close() async
}

extension SinkCarrier {
    var isAcknowledged: Bool { true }
    var isConnected: Bool { true }
    func close() async {}
}
