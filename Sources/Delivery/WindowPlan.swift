import Model
import Records

/// The objects that one window gives to one bucket, with their keys, and the streams as they are after it.
///
/// A pure function of window and progress: the same two give the same keys.
struct WindowPlan {
    struct Object {
        let key: IBMObjectKey
        let collector: Collector
        let placement: Placement
        let records: [FlowRecord]
        /// Whether records of this window or of one before, since the interface's last object, are missing.
        let hasLoss: Bool
    }

    private(set) var objects: [Object] = []
    private(set) var streams: [String: DeliveryState.Stream] = [:]

    init(
        _ window: ClosedWindow, bucket: String, progress: DeliveryState.Progress, options: IBMFlowLog.Options
    ) {
        for (placement, collector) in window.owners where collector.bucket == bucket {
            let name = placement.interface.description
            let owner = Self.owner(collector, placement, options)
            let stream = Self.stream(after: progress.streams[name], owner: owner, windowEnd: window.end)
            streams[name] = stream
            for direction in Direction.allCases {
                let key = IBMObjectKey(
                    placement: placement, direction: direction, region: options.region, windowEnd: window.end,
                    stream: stream.start, counter: stream.next - 1)
                objects.append(
                    Object(
                        key: key, collector: collector, placement: placement,
                        records: window.records(of: placement.interface, direction),
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
        _ collector: Collector, _ placement: Placement, _ options: IBMFlowLog.Options
    ) -> String {
        Identifier<DeliveryState.Stream>(
            derivedFrom: "stream", collector.id.description, collector.bucket, options.region, placement.project,
            placement.vpc.description, placement.subnet.description, placement.instance.description
        ).description
    }
}

extension Timestamp {
    /// Whole hours since 1970.
    var hour: Int64 { aligned(to: .seconds(3600)).seconds / 3600 }
}
