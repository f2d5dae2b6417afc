import Host
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

    private enum Content: Sendable {
        case ibm(IBMFlowLog)
        case jsonLines(JSONFlowLog)
        case aws(AWSFlowLog)
    }

    private let collector: Collector
    private let placement: Placement
    private let region: String
    private let content: Content

    /// What the objects of many interfaces call things by: made once for all of them, for it looks at every interface there is.
    package struct Names: Sendable {
        let catalogue: Catalogue
        let json: FlowJSON?

        /// * `host`: who captured the records.
        /// * `formats`: those that are wanted; only JSON lines need to know all peers.
        package init(
            _ catalogue: Catalogue, host: String = Machine.hostName, for formats: some Sequence<FlowLogFormat>
        ) {
            self.catalogue = catalogue
            json = formats.contains(.jsonLines) ? FlowJSON(host: host, catalogue: catalogue) : nil
        }
    }

    /// * `names`: made for the collector's format among others.
    /// * `region`: where the interface is, if its placement does not say so.
    package init(collector: Collector, placement: Placement, names: Names, region: String) {
        let region = placement.region ?? region
        self.collector = collector
        self.placement = placement
        self.region = region
        switch collector.format {
        case .ibm, .ibmPlus:
            content = .ibm(
                IBMFlowLog(collector: collector, placement: placement, catalogue: names.catalogue, region: region))
        case .jsonLines:
            guard let json = names.json else { preconditionFailure("names that were made for other formats") }
            content = .jsonLines(JSONFlowLog(collector: collector, placement: placement, json: json))
        case .aws(let columns):
            content = .aws(AWSFlowLog(columns: columns, collector: collector, placement: placement, region: region))
        }
    }

    /// The objects that each span of time gives, also where there is nothing to tell.
    package static func parts(_ format: FlowLogFormat) -> [Part] {
        switch format {
        case .ibm, .ibmPlus: [.ingress, .egress]
        case .jsonLines, .aws: [.all]
        }
    }

    /// Where the object of a span that ended at `end` lies in its bucket.
    ///
    /// `stream` is the end of the stream's first span, `counter` which of the part's objects in its hour folder it is, from
    /// 0 on.
    package func key(_ part: Part, end: Timestamp, stream: Timestamp, counter: Int) -> String {
        switch content {
        case .ibm:
            IBMObjectKey(
                placement: placement, part: part, region: region, windowEnd: end, stream: stream, counter: counter
            ).description
        case .jsonLines:
            JSONObjectKey(placement: placement, region: region, end: end, stream: stream, counter: counter).description
        case .aws:
            AWSObjectKey(
                collector: collector, placement: placement, region: region, end: end, stream: stream, counter: counter
            ).description
        }
    }

    /// Writes an object's content, before compression, of records that its part holds.
    ///
    /// - Returns: the fields that an S3 service tells as the object's metadata.
    package func append(
        _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
    ) -> [(name: String, value: String)] {
        switch content {
        case .ibm(let log):
            log.append(records, windowStart: start, windowEnd: end, hasLoss: hasLoss, to: &line)
        case .jsonLines(let log): log.append(records, start: start, end: end, hasLoss: hasLoss, to: &line)
        case .aws(let log): log.append(records, start: start, end: end, hasLoss: hasLoss, to: &line)
        }
    }
}

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
