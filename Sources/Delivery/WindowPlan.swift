import Model
import Records

/// The objects that one window gives, with their keys, and the streams as they are after it.
///
/// A pure function of window and state: the same two give the same keys.
struct WindowPlan {
    struct Object {
        let key: IBMObjectKey
        let collector: Collector
        let placement: Placement
        let records: [FlowRecord]
    }

    private(set) var objects: [Object] = []
    private(set) var streams: [String: DeliveryState.Stream] = [:]

    private struct Side: Hashable {
        let interface: Identifier<Interface>
        let direction: Direction
    }

    init(_ window: ClosedWindow, state: DeliveryState, options: IBMFlowLog.Options) {
        let policy = window.revision.policy
        let resolution = CollectorResolution(policy.collectors)
        let records = Dictionary(grouping: window.records) { Side(interface: $0.interface, direction: $0.direction) }
        for placement in policy.placements where window.interfaces?.contains(placement.interface) ?? true {
            guard let collector = resolution.collector(of: placement), collector.isActive else { continue }
            let name = placement.interface.description
            let owner = Self.owner(collector, placement, options)
            let stream = Self.stream(after: state.streams[name], owner: owner, windowEnd: window.end)
            streams[name] = stream
            for direction in Direction.allCases {
                let key = IBMObjectKey(
                    placement: placement, direction: direction, region: options.region, windowEnd: window.end,
                    stream: stream.start, counter: stream.next - 1)
                objects.append(
                    Object(
                        key: key, collector: collector, placement: placement,
                        records: records[Side(interface: placement.interface, direction: direction)] ?? []))
            }
        }
    }

    /// The stream with this window in it: its counter is one further, or one in a new hour folder or a new stream.
    private static func stream(
        after earlier: DeliveryState.Stream?, owner: String, windowEnd: Timestamp
    ) -> DeliveryState.Stream {
        let hour = windowEnd.aligned(to: .seconds(3600)).seconds / 3600
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
