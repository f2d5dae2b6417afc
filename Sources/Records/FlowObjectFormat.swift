package import Model

/// How the records of one interface become objects of a collector's bucket: which objects there are, their keys and contents.
package struct FlowObjectFormat: Sendable {
    /// Which of an interface's records an object holds.
    package enum Part: String, Hashable, Sendable, Codable {
        case ingress
        case egress
        case all

        package func holds(_ direction: Direction) -> Bool { self == .all || rawValue == direction.rawValue }
    }

    private let placement: Placement
    private let region: String
    private let log: IBMFlowLog

    package init(collector: Collector, placement: Placement, catalogue: Catalogue, region: String) {
        self.placement = placement
        self.region = region
        log = IBMFlowLog(collector: collector, placement: placement, catalogue: catalogue, region: region)
    }

    /// The objects that each span of time gives, also where there is nothing to tell.
    package static func parts(_ format: FlowLogFormat) -> [Part] { [.ingress, .egress] }

    /// Where the object of a span that ended at `end` lies in its bucket.
    ///
    /// `stream` is the end of the stream's first span, `counter` which of the part's objects in its hour folder it is, from
    /// 0 on.
    package func key(_ part: Part, end: Timestamp, stream: Timestamp, counter: Int) -> String {
        IBMObjectKey(
            placement: placement, part: part, region: region, windowEnd: end, stream: stream, counter: counter
        ).description
    }

    /// Writes an object's content, before compression, of records that its part holds.
    ///
    /// - Returns: the fields that an S3 service tells as the object's metadata.
    package func append(
        _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
    ) -> [(name: String, value: String)] {
        log.append(records, windowStart: start, windowEnd: end, hasLoss: hasLoss, to: &line)
    }
}
