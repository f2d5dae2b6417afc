import Attribution
import CBenchPeers
import Enforcement
import Host
import Model
import Netlink
import Rehearsal

/// What ten thousand enterprise rules cost: to load, a change, and the first packet of a session.
struct EnterpriseBench {
    private static let rules = 10_000
    private static let sessions: UInt64 = 100_000

    let host: BenchHost

    func run() throws {
        print("\nenterprise: \(Self.rules) rules, ten lists of 1,000 blocks, a thousand ports")
        var isFirst = true
        for (what, ports) in [("ports of rules", 2000...2999), ("all ports", 1024...60_000)]
            as [(String, ClosedRange<UInt16>)]
        {
            var costs: (with: [Double], without: [Double]) = ([], [])
            for _ in 0..<5 {
                costs.without.append(try firstPackets(0, ports, tells: false))
                costs.with.append(try firstPackets(Self.rules, ports, tells: isFirst))
                isFirst = false
            }
            let ratios = zip(costs.with, costs.without).map { $0 / $1 }
            print(
                "  a new session's packet, \(what): \(figure(median(costs.without), 0)) ns without, "
                    + "\(figure(median(costs.with), 0)) ns with them; in turn \(figure(median(ratios), 3)) times "
                    + "(\(figure(ratios.min() ?? 0, 3))–\(figure(ratios.max() ?? 0, 3)))")
        }
    }

    private static let lists = (0..<10).map { list in
        (0..<1000).map { number in
            EnterpriseElement.prefix(
                IPPrefix(
                    containing: IPAddress(ipv4: 0x1400_0000 + UInt32(list) << 24 + UInt32(number) << 10), length: 24))
        }
    }

    static func rule(_ place: Int) -> EnterpriseRule {
        let port = UInt16(2000 + place / 10 % 1000)
        return EnterpriseRule(
            id: Identifier(derivedFrom: "enterprise-bench", "\(place)"), name: "r\(place)",
            action: place % 3 == 0 ? .observe : .block, direction: place % 2 == 0 ? .ingress : .egress,
            source: .anyOf(lists[place % 10]),
            services: [.transport(place % 5 == 0 ? .udp : .tcp, PortRange(port, port))])
    }

    /// Nanoseconds of processor time for each session's first packet, in the thread that forwards it.
    private func firstPackets(_ count: Int, _ ports: ClosedRange<UInt16>, tells: Bool) throws -> Double {
        try host.clearRules()
        var indexes = RuleIndexes()
        let enforcer = Enforcer(program: NftProgram(namespace: BenchHost.host), socket: try host.socket(), epoch: 0)
        var policy = BenchPolicy.make(interfaces: 2, groups: 2, rules: 4)
        if count > 0 { policy.enterprise = (0..<count).map(Self.rule) }
        let planned = SystemClock.monotonic
        let plan = try BenchPolicy.plan(policy, &indexes)
        let began = SystemClock.monotonic
        _ = try enforcer.load(plan)
        let loaded = SystemClock.monotonic
        if tells {
            print(
                "  planned in \(figure(Double(began - planned) / 1e6, 0)) ms, loaded in "
                    + "\(figure(Double(loaded - began) / 1e6, 0)) ms")
            var changes: [Double] = []
            for round in 0..<7 {
                policy.enterprise?.insert(Self.rule(Self.rules + round), at: 5000)
                let next = try BenchPolicy.plan(policy, &indexes)
                try enforcer.tidy()
                let began = SystemClock.monotonic
                _ = try enforcer.apply(next)
                changes.append(Double(SystemClock.monotonic - began) / 1e6)
            }
            print(
                "  one more rule: median \(figure(median(changes), 1)) ms, most \(figure(changes.max() ?? 0, 1)) ms")
            try enforcer.tidy()
        }
        try host.forgetSessions()
        let socket = try host.socket()
        try socket.setReceiveBuffer(32 << 20)
        try PacketLog.bind(socket, .init(group: KernelNames.logGroup))
        let reader = ReaderThread(socket.number)
        let storm = host.storm(packets: Self.sessions, tuples: 1024...60_000, ports: ports)
        let start = SystemClock.threadTime
        let sent = try storm.send(from: BenchHost.sender)
        let spent = Double(SystemClock.threadTime - start) / Double(sent)
        _ = reader.wait()
        return spent
    }
}
