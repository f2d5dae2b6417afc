import Model

/// What an object's metadata says of its content, in every format but the VPC service's, which has more.
struct FlowObjectSummary {
    let collector: Collector
    let placement: Placement
    let start: Timestamp
    let end: Timestamp
    let isIncomplete: Bool
    let count: Int

    /// `ok`, or `skip data` when records of the span are missing.
    var state: String { isIncomplete ? "skip data" : "ok" }

    var metadata: [(name: String, value: String)] {
        [
            ("format", collector.format.name), ("collector_id", collector.id.description),
            ("network_interface_id", placement.interface.description),
            ("capture_start_time", start.text(fractionDigits: 0)),
            ("capture_end_time", end.roundedUp.text(fractionDigits: 0)), ("state", state),
            ("number_of_flow_logs", "\(count)"),
        ]
    }
}

extension Timestamp {
    /// The first whole second that is not before this instant.
    var roundedUp: Timestamp {
        let whole = Timestamp(seconds: seconds)
        return whole < self ? Timestamp(seconds: seconds + 1) : whole
    }
}
