import Model
import Records

/// The objects that one window gives to one bucket, with their keys, and the streams as they are after it.
///
/// A pure function of window and progress: the same two give the same keys.
struct WindowPlan {
    struct Object {
        let key: String
        let format: FlowObjectFormat
        let interface: Identifier<Interface>
        let records: [FlowRecord]
        /// Whether records of this window or of one before, since the interface's last object, are missing.
        let hasLoss: Bool
    }

    private(set) var objects: [Object] = []
    private(set) var streams: [String: DeliveryState.Stream] = [:]

    init(
        _ window: ClosedWindow, catalogue: Catalogue, bucket: String, progress: DeliveryState.Progress, region: String
    ) {
        for (placement, collector) in window.owners where collector.bucket == bucket {
            let name = placement.interface.description
            let owner = Self.owner(collector, placement, region)
            let stream = Self.stream(after: progress.streams[name], owner: owner, windowEnd: window.end)
            streams[name] = stream
            let format = FlowObjectFormat(
                collector: collector, placement: placement, catalogue: catalogue, region: region)
            for part in FlowObjectFormat.parts(collector.format) {
                objects.append(
                    Object(
                        key: format.key(part, end: window.end, stream: stream.start, counter: stream.next - 1),
                        format: format, interface: placement.interface,
                        records: window.records(of: placement.interface, part),
                        hasLoss: window.hasLoss || progress.gaps.contains(name)))
            }
        }
    }

    /// The stream with this window in it: its counter is one further, or one in a new hour folder or a new stream.
    private static func stream(
        after earlier: DeliveryState.Stream?, owner: String, windowEnd: Timestamp
    ) -> DeliveryState.Stream {
        let hour = windowEnd.hour
        guard var stream = earlier, stream.owner == owner else {
            return DeliveryState.Stream(owner: owner, start: windowEnd, hour: hour, next: 1)
        }
        stream.next = stream.hour == hour ? stream.next + 1 : 1
        stream.hour = hour
        return stream
    }

    /// Changes with the collector, its bucket, and whatever else a key's folders are made of.
    private static func owner(
        _ collector: Collector, _ placement: Placement, _ region: String
    ) -> String {
        Identifier<DeliveryState.Stream>(
            derivedFrom: "stream", collector.id.description, collector.bucket, region, placement.project,
            placement.vpc.description, placement.subnet.description, placement.instance.description
        ).description
    }
}

extension Timestamp {
    /// Whole hours since 1970.
    var hour: Int64 { aligned(to: .seconds(3600)).seconds / 3600 }
}
