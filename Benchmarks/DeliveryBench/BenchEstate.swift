import Delivery
import Model
import Spools

/// A host of many interfaces whose spool gets busy windows.
struct BenchEstate {
    let interfaces: Int
    let recordsPerWindow: Int
    let bucket: String
    private let ownership: Ownership

    init(interfaces: Int, recordsPerWindow: Int, bucket: String) {
        self.interfaces = interfaces
        self.recordsPerWindow = recordsPerWindow
        self.bucket = bucket
        let instances = (0..<interfaces).map { number in
            Instance(
                id: Identifier(derivedFrom: "instance", "\(number)"), name: "i-\(number)",
                interfaces: [
                    Interface(
                        id: Self.interface(number), name: "eth0", subnet: "s", addresses: [], mac: nil,
                        device: "d\(number)", groups: [])
                ])
        }
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "bench", prefixes: [],
            subnets: [Subnet(id: Identifier(derivedFrom: "subnet"), name: "s", prefixes: [])], groups: [],
            instances: instances)
        let collector = Collector(
            id: Identifier(derivedFrom: "collector"), name: "all", target: .vpc("bench"), bucket: bucket, interval: 60)
        ownership = Ownership(Policy(project: "bench", vpcs: [vpc], collectors: [collector]))
    }

    func source(_ spool: String, closedUntil: Timestamp) -> DeliverySource {
        let ownership = ownership
        return DeliverySource(
            spool: SpoolReader(folder: spool), windowLength: .seconds(60), closedUntil: closedUntil,
            present: closedUntil, ownership: { _ in ownership })
    }

    private static func interface(_ number: Int) -> Identifier<Interface> {
        Identifier(derivedFrom: "interface", "\(number)")
    }

    /// Writes sessions with clients, ports, times and sizes that differ, as a busy host's do; the same for each run.
    ///
    /// - Returns: the window's end.
    func write(_ index: Int, _ spool: Spool) throws -> Timestamp {
        // Twenty minutes apart, so that hours end and their manifests are part of the work.
        let start = Timestamp(seconds: 1_793_699_940 + Int64(index) * 1200)
        let ids = (0..<interfaces).map(Self.interface)
        var random = UInt64(index) &* 0x9e37_79b9_7f4a_7c15 | 1
        func next(_ limit: UInt64) -> UInt64 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return random % limit
        }
        for number in 0..<recordsPerWindow {
            let began = start.advanced(by: .milliseconds(Int(next(59_000))))
            let (packets, bytes) = (2 + next(40), 80 + next(60_000))
            let record = FlowRecord(
                windowStart: start, windowEnd: start.advanced(by: .seconds(60)), start: began,
                end: began.advanced(by: .milliseconds(Int(next(900)))), connectionStart: began,
                connection: UInt64(number), interface: ids[number % interfaces],
                direction: next(4) == 0 ? .egress : .ingress, verdict: next(20) == 0 ? .drop : .accept, stage: .group,
                rule: Identifier(derivedFrom: "rule"), revision: 1,
                key: FlowKey(
                    initiator: IPAddress(ipv4: 0x0a00_0000 | UInt32(next(1 << 20))),
                    target: IPAddress(ipv4: 0x0a01_0000 | UInt32(number % interfaces)), transport: .tcp,
                    initiatorPort: UInt16(1024 + next(60_000)), targetPort: [443, 80, 5432, 22][Int(next(4))]),
                state: .ended, fromInitiator: Traffic(packets: packets, bytes: bytes),
                fromTarget: Traffic(packets: packets / 2 + 1, bytes: bytes * 3),
                cumulativeFromInitiator: Traffic(packets: packets, bytes: bytes),
                cumulativeFromTarget: Traffic(packets: packets / 2 + 1, bytes: bytes * 3))
            spool.append(record)
            // An agent commits once a second.
            if number % 40_000 == 39_999 { try spool.commit(spool.position) }
        }
        let end = start.advanced(by: .seconds(60))
        var position = spool.position
        position.closed = end.nanoseconds
        try spool.commit(position)
        return end
    }
}
