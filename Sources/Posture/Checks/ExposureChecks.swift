import Analysis
import Model

/// What the internet reaches, and what reaches it: of all packets, after every stage.
enum ExposureChecks {
    /// A service that strangers should not meet.
    private struct Service {
        let name: String
        let transport: TransportProtocol
        let ports: ClosedRange<UInt16>

        init(_ name: String, _ transport: TransportProtocol, _ first: UInt16, _ last: UInt16? = nil) {
            (self.name, self.transport, ports) = (name, transport, first...(last ?? first))
        }
    }

    private static let administration = [
        Service("SSH", .tcp, 22), Service("Telnet", .tcp, 23), Service("RPC", .tcp, 111),
        Service("RPC of Windows", .tcp, 135),
        Service("NetBIOS", .tcp, 139), Service("SNMP", .udp, 161), Service("SMB", .tcp, 445),
        Service("IPMI", .udp, 623),
        Service("rsync", .tcp, 873), Service("Docker", .tcp, 2375, 2376), Service("RDP", .tcp, 3389),
        Service("RDP", .udp, 3389),
        Service("VNC", .tcp, 5900, 5910), Service("WinRM", .tcp, 5985, 5986), Service("Kubernetes", .tcp, 6443),
        Service("kubelet", .tcp, 10_250), Service("libvirt", .tcp, 16_509),
    ]

    private static let databases = [
        Service("SQL Server", .tcp, 1433, 1434), Service("Oracle", .tcp, 1521), Service("NFS", .tcp, 2049),
        Service("ZooKeeper", .tcp, 2181), Service("etcd", .tcp, 2379, 2380), Service("MySQL", .tcp, 3306),
        Service("PostgreSQL", .tcp, 5432), Service("CouchDB", .tcp, 5984), Service("Redis", .tcp, 6379, 6380),
        Service("InfluxDB", .tcp, 8086), Service("ClickHouse", .tcp, 9000), Service("Cassandra", .tcp, 9042),
        Service("Kafka", .tcp, 9092), Service("Elasticsearch", .tcp, 9200, 9300), Service("memcached", .tcp, 11_211),
        Service("memcached", .udp, 11_211), Service("MongoDB", .tcp, 27_017, 27_019),
    ]

    static func findings(_ ground: PostureGround) -> [PostureFinding] {
        let isOpen = Dictionary(grouping: ground.inward.filter { Self.isWhole($0.space) }, by: \.to)
        var found = isOpen.compactMap { name, boxes in open(name, boxes, ground) }
        // What is open at every port is one finding, and not one for each service.
        let inward = ground.inward.filter { isOpen[$0.to] == nil }
        found += reached(inward, administration, .internetAdminPort, "administration", .high, ground)
        found += reached(inward, databases, .internetDatabasePort, "a database", .critical, ground)
        return found + leaving(ground)
    }

    /// Every port of TCP or every protocol.
    private static func isWhole(_ space: SpaceBox) -> Bool {
        guard space.protocols.contains(.tcp) else { return false }
        return space.rectangle.map { $0.second.count >= 65_535 } ?? true
    }

    private static func open(_ name: String, _ boxes: [PacketBox<Verdict>], _ ground: PostureGround) -> PostureFinding?
    {
        guard let worst = boxes.first(where: { $0.answer == .accept }) ?? boxes.first else { return nil }
        let rules = ground.rules(admitting: worst.shownWitness, at: name, .ingress)
        return PostureFinding(
            .internetAnyPort, worst.answer == .accept ? .critical : .high, name,
            "the internet reaches it at every port\(Self.answered(worst))",
            mend: "admit the ports of its services, from where they are asked", rules: rules,
            witness: worst.shownWitness)
    }

    private static func answered(_ box: PacketBox<Verdict>) -> String {
        box.answer == .drop ? ", and its answers are refused" : ""
    }

    private static func reached(
        _ boxes: [PacketBox<Verdict>], _ services: [Service], _ check: PostureCheck.Name, _ what: String,
        _ severity: Severity, _ ground: PostureGround
    ) -> [PostureFinding] {
        var found: [PostureFinding] = []
        for (name, own) in Dictionary(grouping: boxes, by: \.to).sorted(by: { $0.key < $1.key }) {
            for service in services {
                let meeting = own.filter { Self.port(of: service, in: $0.space) != nil }
                guard let worst = meeting.first(where: { $0.answer == .accept }) ?? meeting.first,
                    let port = Self.port(of: service, in: worst.space)
                else { continue }
                let shown = worst.shownWitness
                let key = FlowKey(
                    initiator: shown.initiator, target: shown.target, transport: service.transport,
                    initiatorPort: 49_152,
                    targetPort: port)
                let text = "\(service.transport)/\(port)"
                found.append(
                    PostureFinding(
                        check, worst.answer == .accept ? severity : severity.lowered, name,
                        "the internet reaches \(what) (\(service.name), \(text))\(Self.answered(worst))",
                        mend: "admit \(text) from the networks that need it, not from any",
                        rules: ground.rules(admitting: key, at: name, .ingress), witness: key))
            }
        }
        return found
    }

    /// The first port of a service that is in a space.
    private static func port(of service: Service, in space: SpaceBox) -> UInt16? {
        guard space.protocols.contains(service.transport) else { return nil }
        guard let rectangle = space.rectangle else { return service.ports.lowerBound }
        return service.ports.first { rectangle.second.contains($0) }
    }

    private static func leaving(_ ground: PostureGround) -> [PostureFinding] {
        let whole = Dictionary(
            grouping: ground.outward.filter { isWhole($0.space) && $0.answer == .accept }, by: \.from)
        return whole.sorted { $0.key < $1.key }.compactMap { name, boxes in
            boxes.first.map { box in
                PostureFinding(
                    .unrestrictedEgress, .low, name, "it reaches the internet at every port",
                    mend: "let it out to the ports that it needs, as tcp/443 and udp/53",
                    rules: ground.rules(admitting: box.witness, at: name, .egress), witness: box.witness)
            }
        }
    }
}
