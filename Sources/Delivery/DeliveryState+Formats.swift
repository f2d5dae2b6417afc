import Model

/// Format 1 knew one progress for all buckets, in which every bucket begins.
struct FirstDeliveryState: Codable {
    let deliveredUntil: Timestamp?
    let deliveredSequence: UInt64
    let attempt: SecondDeliveryState.Attempt?
    let streams: [String: SecondDeliveryState.Stream]
}

/// Format 2 knew windows, each of which gave an interface one object for each part.
struct SecondDeliveryState: Codable {
    struct Stream: Codable {
        let owner: String
        let start: Timestamp
        let hour: Int64
        let next: Int
    }

    struct Attempt: Codable {
        let end: Timestamp
    }

    struct Progress: Codable {
        let deliveredUntil: Timestamp?
        let deliveredSequence: UInt64
        let collectors: Set<String>
        let attempt: Attempt?
        let streams: [String: Stream]
        let gaps: Set<String>
        let manifests: [String: DeliveryState.Link]
        let openHour: Int64?
    }

    let buckets: [String: Progress]
    let newcomers: Progress
}

extension DeliveryState {
    init(_ first: FirstDeliveryState) {
        newcomers = Progress(
            .init(
                deliveredUntil: first.deliveredUntil, deliveredSequence: first.deliveredSequence, collectors: [],
                attempt: first.attempt, streams: first.streams, gaps: [], manifests: [:], openHour: nil))
    }

    init(_ second: SecondDeliveryState) {
        buckets = second.buckets.mapValues(Progress.init)
        newcomers = Progress(second.newcomers)
    }
}

extension DeliveryState.Progress {
    fileprivate init(_ second: SecondDeliveryState.Progress) {
        self.init()
        deliveredUntil = second.deliveredUntil
        deliveredSequence = second.deliveredSequence
        collectors = second.collectors
        // Its window is delivered as it was tried, so that what is there of it is found.
        attempt = second.attempt.map { .init(end: $0.end, closedUntil: $0.end, present: $0.end, flushed: $0.end) }
        if let until = second.deliveredUntil {
            streams = second.streams.mapValues { stream in
                let counter = DeliveryState.Counter(hour: stream.hour, next: stream.next)
                return .init(
                    owner: stream.owner, start: stream.start, until: until,
                    counters: ["ingress": counter, "egress": counter])
            }
        }
        gaps = second.gaps
        manifests = second.manifests
        openHour = second.openHour
    }
}
