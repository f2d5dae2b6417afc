import Enforcement
import Host
import Model
import Rehearsal

/// What a packet of a known session costs with Gatehouse, against a hand-written stateful ruleset.
struct ForwardingBench {
    private static let baseline = """
        table inet base {
         chain forward {
          type filter hook forward priority filter; policy drop;
          ct state established,related accept
          iifname "gh-p0" tcp dport 443 accept
          iifname "gh-p0" udp dport 1-65535 accept
          iifname "gh-p1" tcp dport 443 accept
          ct state invalid drop
         }
        }

        """
    private static let packets: UInt64 = 1_500_000

    let host: BenchHost

    func run() throws {
        print(
            "\nforwarding: ns of processor time a packet, sender and host in one thread (\(Self.packets) packets, 7 rounds in turn)"
        )
        var figures: [String: [Double]] = [:]
        var ratios: [String: [Double]] = [:]
        let sizes = [(1, 1, 4), (1000, 100, 10), (10_000, 100, 50)]
        for _ in 0..<7 {
            try host.clearRules()
            try NftProgram(namespace: BenchHost.host).apply(Self.baseline)
            let base = try measure()
            figures["baseline, 5 rules", default: []].append(base)
            for (interfaces, groups, rules) in sizes {
                try host.clearRules()
                var indexes = RuleIndexes()
                let enforcer = Enforcer(
                    program: NftProgram(namespace: BenchHost.host), socket: try host.socket(), epoch: 0)
                _ = try enforcer.load(
                    try BenchPolicy.plan(
                        BenchPolicy.make(interfaces: max(interfaces, 2), groups: groups, rules: rules), &indexes))
                let name = "gatehouse, \(interfaces) interfaces, \(groups * rules) rules"
                let cost = try measure()
                figures[name, default: []].append(cost)
                ratios[name, default: []].append(cost / base)
            }
        }
        for (name, values) in figures.sorted(by: { $0.key < $1.key }) {
            let ratio = ratios[name].map { "  ratio \(figure(median($0), 3))" } ?? ""
            print("  \(name): \(figure(median(values), 0)) ns\(ratio)")
        }
    }

    private func measure() throws -> Double {
        try host.forgetSessions()
        // The sessions begin; then only packets of known ones.
        _ = try host.storm(packets: 200, tuples: 2000...2099).send(from: BenchHost.sender)
        let began = SystemClock.threadTime
        let sent = try host.storm(packets: Self.packets, tuples: 2000...2099).send(from: BenchHost.sender)
        return Double(SystemClock.threadTime - began) / Double(sent)
    }
}
