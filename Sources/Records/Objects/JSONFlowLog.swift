package import Model

/// The content of a flow-log object of format `jsonl`: one JSON object a line, before compression.
///
/// The first line says what the object is of, under the only key `gatehouse_flow_log`: `version` (1), `host`, `collector`,
/// `collector_id`, `interface_id`, `window_start`, `window_end`, `state` (`ok`, or `skip data` when records of the span were
/// lost) and `records`, the number of lines that follow. Each of them is a record as `FlowJSON` writes it. Every record is
/// written: those without packets, and those of detail `total`, which have no addresses.
package struct JSONFlowLog: Sendable {
    private let collector: Collector
    private let placement: Placement
    private let json: FlowJSON

    package init(collector: Collector, placement: Placement, json: FlowJSON) {
        self.collector = collector
        self.placement = placement
        self.json = json
    }

    /// Writes the object of one span; `hasLoss` says that records of it are missing.
    ///
    /// - Returns: what an S3 service tells as the object's metadata.
    @discardableResult
    package func append(
        _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
    ) -> [(name: String, value: String)] {
        let summary = FlowObjectSummary(
            collector: collector, placement: placement, start: start, end: end, isIncomplete: hasLoss,
            count: records.count)
        line.append("{\"gatehouse_flow_log\":{\"version\":1")
        line.append(jsonMember: "host", json.host)
        line.append(jsonMember: "collector", collector.name)
        line.append(jsonMember: "collector_id", collector.id.description)
        line.append(jsonMember: "interface_id", placement.interface.description)
        line.append(jsonKey: "window_start")
        line.append(jsonInstant: start)
        line.append(jsonKey: "window_end")
        line.append(jsonInstant: end)
        line.append(jsonMember: "state", summary.state)
        line.append(jsonKey: "records")
        line.append(decimal: records.count)
        line.append("}}\n")
        for record in records { json.append(record, to: &line) }
        return summary.metadata
    }
}

/// The key of an object of format `jsonl`, in folders that engines read as columns (`vpc-id=…`), with plain ids.
package struct JSONObjectKey: Hashable, Sendable, CustomStringConvertible {
    package static let prefix = "gatehouse_flows_v1/"

    package let description: String

    /// - Parameters:
    ///   - placement: The interface whose records the object holds.
    ///   - region: The region's name, plain.
    ///   - end: The end of the span, which says the folder of the hour.
    ///   - stream: The end of the stream's first span.
    ///   - counter: The object's number in its hour folder, from 0 on.
    package init(placement: Placement, region: String, end: Timestamp, stream: Timestamp, counter: Int) {
        let account = PercentEncoding.encode(placement.project)
        var line = ByteLine(capacity: 480)
        line.append("\(Self.prefix)account=\(account)/region=\(PercentEncoding.encode(region))/vpc-id=\(placement.vpc)")
        line.append("/subnet-id=\(placement.subnet)/instance-id=\(placement.instance)/vnic-id=\(placement.interface)")
        line.append(hourFolders: CivilTime(end))
        line.append("/stream-id=")
        line.append(streamName: CivilTime(stream))
        line.append(UInt8(ascii: "/"))
        line.append(decimal: counter, width: 8)
        line.append(".jsonl.gz")
        self.description = line.text
    }
}
