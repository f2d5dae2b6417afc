import Model

/// A policy with two instances in two subnets, and records of them.
struct Estate {
    static let minute = Timestamp(seconds: 1_793_699_940)  // 2026-11-03T09:59:00Z

    /// The revision whose collectors are these.
    static func revision(_ collectors: [Collector], number: Int = 1) -> Revision {
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "shop", prefixes: [],
            subnets: ["front", "back"].map {
                Subnet(id: Identifier(derivedFrom: "subnet", $0), name: $0, prefixes: [])
            }, groups: [],
            instances: [
                instance("web-1", [("eth0", "front"), ("eth1", "back")]), instance("db-1", [("eth0", "back")]),
            ])
        let policy = Policy(project: "demo", vpcs: [vpc], collectors: collectors)
        return (0..<number).reduce(Revision.none) { revision, _ in
            revision.next(policy: policy, actor: "ada", origin: "", at: minute)
        }
    }

    private static func instance(_ name: String, _ interfaces: [(name: String, subnet: String)]) -> Instance {
        Instance(
            id: Identifier(derivedFrom: "instance", name), name: name,
            interfaces: interfaces.map {
                Interface(
                    id: Identifier(derivedFrom: "interface", name, $0.name), name: $0.name, subnet: $0.subnet,
                    addresses: [], mac: nil, device: "gh-\(name)-\($0.name)", groups: [])
            })
    }

    static func collector(
        _ target: Collector.Target, _ name: String = "all", bucket: String = "file:logs", isActive: Bool = true,
        format: FlowLogFormat = .ibm, interval: Int = 60
    ) -> Collector {
        Collector(
            id: Identifier(derivedFrom: "collector", name), name: name, target: target, bucket: bucket,
            isActive: isActive, format: format, interval: interval)
    }

    /// All that there are.
    static let interfaces = [interface("web-1", "eth0"), interface("web-1", "eth1"), interface("db-1", "eth0")]

    static func interface(_ instance: String, _ name: String) -> Identifier<Interface> {
        Identifier(derivedFrom: "interface", instance, name)
    }

    /// When the window ends that begins `index` minutes after `minute`.
    static func end(_ index: Int) -> Timestamp { minute.advanced(by: .seconds(60 * (index + 1))) }

    /// A session of one packet each way in the window that begins `index` minutes after `minute`, or what is left of it.
    static func record(
        _ index: Int, _ interface: Identifier<Interface>, _ direction: Direction, sequence: UInt64 = 1,
        at instant: Timestamp? = nil
    ) -> FlowRecord {
        let start = instant ?? minute.advanced(by: .seconds(60 * index))
        let one = Traffic(packets: 1, bytes: 60)
        var record = FlowRecord(
            windowStart: start, windowEnd: end(index), start: start, end: start,
            connectionStart: start, connection: sequence, interface: interface, direction: direction,
            verdict: .accept, stage: .group, rule: Identifier(derivedFrom: "rule"), revision: 1,
            key: FlowKey(
                initiator: IPAddress(ipv4: 0x0a01_0101), target: IPAddress(ipv4: 0x0a01_0102), transport: .tcp,
                initiatorPort: UInt16(truncatingIfNeeded: sequence), targetPort: 443),
            state: .ended, fromInitiator: one, fromTarget: one, cumulativeFromInitiator: one, cumulativeFromTarget: one)
        record.sequence = sequence
        // Some of them were masqueraded.
        if sequence % 3 == 0 {
            record.otherSide = FlowKey(
                initiator: IPAddress(ipv4: 0xc000_0201), target: record.key.target, transport: .tcp,
                initiatorPort: 61_000, targetPort: 443)
        }
        return record
    }
}
