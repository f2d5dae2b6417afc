import Delivery
import Model

/// A host of many interfaces with busy windows.
struct BenchEstate {
    let interfaces: Int
    let recordsPerWindow: Int
    let bucket: String
    private let revision: Revision

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
            id: Identifier(derivedFrom: "collector"), name: "all", target: .vpc("bench"), bucket: bucket)
        revision = Revision.none.next(
            policy: Policy(project: "bench", vpcs: [vpc], collectors: [collector]), actor: "", origin: "",
            at: Timestamp(seconds: 0))
    }

    private static func interface(_ number: Int) -> Identifier<Interface> {
        Identifier(derivedFrom: "interface", "\(number)")
    }

    /// Sessions with clients, ports, times and sizes that differ, as a busy host's do; the same for each run.
    func window(_ index: Int) -> ClosedWindow {
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
        let records = (0..<recordsPerWindow).map { number in
            let began = start.advanced(by: .milliseconds(Int(next(59_000))))
            let (packets, bytes) = (2 + next(40), 80 + next(60_000))
            var record = FlowRecord(
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
            record.sequence = UInt64(index * recordsPerWindow + number + 1)
            return record
        }
        return ClosedWindow(
            start: start, end: start.advanced(by: .seconds(60)), records: records, revision: revision)
    }
}
