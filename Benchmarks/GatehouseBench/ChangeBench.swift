import Enforcement
import Host
import Model

/// How long changes take on a host with ten thousand interfaces.
struct ChangeBench {
    let host: BenchHost

    func run() throws {
        print("\nchanges")
        for (interfaces, groups, rules) in [(100, 100, 10), (10_000, 100, 50)] {
            try host.clearRules()
            var indexes = RuleIndexes()
            let enforcer = Enforcer(program: NftProgram(namespace: BenchHost.host), socket: try host.socket(), epoch: 0)
            var policy = BenchPolicy.make(interfaces: interfaces, groups: groups, rules: rules)
            let size = "\(interfaces) interfaces × \(groups) groups × \(rules) rules"
            let load = try milliseconds { _ = try enforcer.load(try BenchPolicy.plan(policy, &indexes)) }
            print("  full load, \(size): \(figure(load, 0)) ms")
            try enforcer.tidy()
            let plan = try BenchPolicy.plan(policy, &indexes)
            var times: [String: [Double]] = [:]
            for round in 0..<41 {
                let port = plan.ports[round + 5]
                let joined = port.profile + [plan.groups[(round + 50) % groups].key]
                // Into a list of groups that no interface had, and back into one that is in use.
                for (kind, profile) in [("new", joined), ("known", port.profile)] {
                    try enforcer.tidy()
                    times[kind, default: []].append(
                        try milliseconds { _ = try enforcer.changeMembership(of: port.device, to: profile) })
                }
            }
            for (kind, times) in times.sorted(by: { $0.key < $1.key }) {
                print(
                    "  one membership, \(kind) list of groups, \(size): median \(figure(median(times), 3)) ms, most "
                        + "\(figure(times.max() ?? 0, 3)) ms")
            }
            _ = try enforcer.load(plan)
            var changes: [Double] = []
            for round in 0..<11 {
                policy.vpcs[0].groups[3].rules.append(
                    Rule(
                        id: Identifier(derivedFrom: "bench", "\(round)"), direction: .ingress,
                        service: .transport(.tcp, PortRange(UInt16(40_000 + round), UInt16(40_000 + round))),
                        remote: .any))
                let next = try BenchPolicy.plan(policy, &indexes)
                try enforcer.tidy()
                changes.append(try milliseconds { _ = try enforcer.apply(next) })
            }
            print(
                "  one rule, \(size): median \(figure(median(changes), 1)) ms, most \(figure(changes.max() ?? 0, 1)) ms"
            )
        }
    }

    private func milliseconds(_ body: () throws -> Void) rethrows -> Double {
        let began = SystemClock.monotonic
        try body()
        return Double(SystemClock.monotonic - began) / 1e6
    }
}
