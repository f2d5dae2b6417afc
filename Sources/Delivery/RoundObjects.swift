import Model
import Records

/// One object of a round: its key, and which records it holds.
struct PlannedObject: Sendable {
    let key: String
    let format: FlowObjectFormat
    let span: Span
    let part: FlowObjectFormat.Part
    /// Which of the records that the span has for the part, counted from 0 in the spool's order.
    let records: Range<Int>
}

/// The objects of a round with their keys, and the streams as they are after it.
///
/// A pure function of round and progress: the same two give the same keys.
struct RoundObjects {
    /// What a span has more of goes into further objects: no more of an object's content is ever in memory.
    static let recordLimit = 10_000

    private(set) var objects: [PlannedObject] = []
    private(set) var streams: [String: DeliveryState.Stream] = [:]

    init(_ round: DeliveryRound, catalogue: Catalogue, progress: DeliveryState.Progress, region: String)
        throws(DeliveryError)
    {
        let names = FlowObjectFormat.Names(catalogue, for: round.spans.lazy.map(\.terms.format))
        for span in round.spans {
            let name = span.interface.description
            var stream = Self.stream(progress.streams[name], at: span, after: progress.abandoned, region)
            guard let parts = names.parts(span.terms.format),
                let format = FlowObjectFormat(
                    collector: span.owner.collector, placement: span.owner.placement, names: names, region: region)
            else { throw .unknownFormat(span.terms.format.name) }
            for part in parts {
                let count = span.records(part)
                // Silence is data: a part without records gives an object too.
                for start in stride(from: 0, to: max(count, 1), by: Self.recordLimit) {
                    let key = format.key(
                        part, end: span.end, stream: stream.start, counter: stream.take(part, span.end))
                    objects.append(
                        PlannedObject(
                            key: key, format: format, span: span, part: part,
                            records: start..<min(start + Self.recordLimit, count)))
                }
            }
            stream.until = span.end
            streams[name] = stream
        }
    }

    /// The stream that the span goes on, or a new one.
    private static func stream(
        _ earlier: DeliveryState.Stream?, at span: Span, after abandoned: Timestamp?, _ region: String
    ) -> DeliveryState.Stream {
        let owner = owner(span, region)
        if let earlier, earlier.owner == owner, earlier.until == span.start { return earlier }
        // Ids are whole seconds: no two streams of an interface begin in the same.
        let taken = max(earlier?.start.seconds ?? 0, abandoned?.seconds ?? 0)
        let start = span.end.seconds > taken ? span.end : Timestamp(seconds: taken + 1)
        return DeliveryState.Stream(owner: owner, start: start, until: span.end, counters: [:])
    }

    /// Changes with the collector, its bucket, its format, and whatever else a key's folders are made of.
    private static func owner(_ span: Span, _ region: String) -> String {
        let (collector, terms) = (span.owner.collector, span.terms)
        return Identifier<DeliveryState.Stream>(
            derivedFrom: "stream", collector.id.description, collector.bucket, terms.format.name,
            terms.format.columns.joined(separator: " "), terms.project, terms.region ?? region, terms.zones[0] ?? "",
            terms.zones[1] ?? "", terms.vpc.description, terms.subnet.description, terms.instance.description
        ).description
    }
}

extension DeliveryState.Stream {
    /// The number of the part's next object.
    fileprivate mutating func take(_ part: FlowObjectFormat.Part, _ end: Timestamp) -> Int {
        var counter = counters[part.rawValue] ?? .init(hour: end.hour, next: 0)
        if counter.hour != end.hour { counter = .init(hour: end.hour, next: 0) }
        let number = counter.next
        counter.next += 1
        counters[part.rawValue] = counter
        return number
    }
}

extension Timestamp {
    /// Whole hours since 1970.
    var hour: Int64 { aligned(to: .seconds(3600)).seconds / 3600 }
}
