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

    private let content: any ObjectContent

    /// What the objects of many interfaces call things by: made once for all of them, for it looks at every interface there is.
    package struct Names: Sendable {
        let catalogue: Catalogue
        let json: FlowJSON?
        let formats: ObjectFormats

        /// * `host`: who captured the records.
        /// * `wanted`: the formats that objects are written in.
        /// * `formats`: those that there are.
        package init(
            _ catalogue: Catalogue, host: String = Machine.hostName, for wanted: some Sequence<FlowLogFormat>,
            of formats: ObjectFormats = .standard
        ) {
            self.catalogue = catalogue
            self.formats = formats
            json =
                wanted.contains { formats[$0]?.namesPeers == true }
                ? FlowJSON(host: host, catalogue: catalogue) : nil
        }

        /// The objects that each span gives in a format; nil where this release does not know it.
        package func parts(_ format: FlowLogFormat) -> [Part]? { formats[format]?.parts }
    }

    /// nil where this release does not know the collector's format.
    ///
    /// * `names`: made for the collector's format among others.
    /// * `region`: where the interface is, if its placement does not say so.
    package init?(collector: Collector, placement: Placement, names: Names, region: String) {
        guard let format = names.formats[collector.format] else { return nil }
        content = format.content(
            ObjectSubject(
                collector: collector, placement: placement, region: placement.region ?? region,
                catalogue: names.catalogue, json: names.json))
    }

    /// Where the object of a span that ended at `end` lies in its bucket; see `ObjectContent`.
    package func key(_ part: Part, end: Timestamp, stream: Timestamp, counter: Int) -> String {
        content.key(part, end: end, stream: stream, counter: counter)
    }

    /// Writes an object's content, before compression, of records that its part holds.
    ///
    /// - Returns: the fields that an S3 service tells as the object's metadata.
    package func append(
        _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
    ) -> [(name: String, value: String)] {
        content.append(records, start: start, end: end, hasLoss: hasLoss, to: &line)
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
