import Enforcement
import Foundation
import Host
import Link
import Model
import Netlink
import PolicyFiles
import Rehearsal

/// What a frame of a known session costs between two ports of a bridge, and how long an attachment takes beside a thousand.
struct BridgeBench {
    private static let baseline = """
        table inet base {
         chain forward {
          type filter hook forward priority filter; policy drop;
          ct state established,related accept
          iifname "br0" tcp dport 443 accept
          iifname "br0" udp dport 1-65535 accept
          oifname "br0" tcp dport 443 accept
          ct state invalid drop
         }
        }

        """
    private static let packets: UInt64 = 1_000_000
    private static let rounds = 7
    private static let present = 1000

    let host: BenchHost

    func run(attachesOnly: Bool) throws {
        try host.clearRules()
        try hangOnBridge()
        if !attachesOnly { try measureFrames() }
        try measureAttachments()
    }

    private func run(_ words: String...) throws {
        let output = try ChildProcess.run(words[0], Array(words.dropFirst()), namespace: BenchHost.host)
        guard output.exit == .code(0) else { throw BenchFailure("\(words.joined(separator: " ")): \(output.errors)") }
    }

    private func hangOnBridge() throws {
        try run("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        try run("ip", "link", "set", "br0", "up")
        for port in ["gh-p0", "gh-p1"] { try run("ip", "link", "set", port, "master", "br0") }
        // A port listens for a while before it passes anything on.
        Thread.sleep(forTimeInterval: 1)
        // The receiver tells the bridge where it is.
        let mac = try guestMAC(BenchHost.receiver)
        try run("bridge", "fdb", "replace", "\(mac)", "dev", "gh-p1", "master", "static")
    }

    private func guestMAC(_ space: String) throws -> MACAddress {
        MACAddress(bits: try NetworkNamespace.within(space) { try NetworkDevices.linkAddress("eth0") })
    }

    private func callRoutedHooks(_ isOn: Bool) throws {
        for name in ["iptables", "ip6tables"] {
            try run("sysctl", "-qw", "net.bridge.bridge-nf-call-\(name)=\(isOn ? 1 : 0)")
        }
    }

    private func measureFrames() throws {
        print(
            "\nbridge: ns of processor time a frame, sender and host in one thread (\(Self.packets) frames, \(Self.rounds) rounds in turn)"
        )
        let sizes = [(2, 1, 5), (1000, 100, 10), (10_000, 100, 100)]
        let names = sizes.map { "gatehouse, \($0) ports, \($1 * $2) rules" }
        let (bare, base) = ("bare bridge, br_netfilter off", "br_netfilter, 5 rules by hand")
        var figures: [String: [Double]] = [:]
        var ratios: [String: [Double]] = [:]
        for _ in 0..<Self.rounds {
            try host.clearRules()
            try callRoutedHooks(false)
            figures[bare, default: []].append(try measure())
            try callRoutedHooks(true)
            try NftProgram(namespace: BenchHost.host).apply(Self.baseline)
            let byHand = try measure()
            figures[base, default: []].append(byHand)
            for (name, (ports, groups, rules)) in zip(names, sizes) {
                try host.clearRules()
                var indexes = RuleIndexes()
                let enforcer = Enforcer(
                    program: NftProgram(namespace: BenchHost.host), socket: try host.socket(), epoch: 0)
                _ = try enforcer.load(try plan(ports: ports, groups: groups, rules: rules, &indexes))
                let cost = try measure()
                figures[name, default: []].append(cost)
                ratios[name, default: []].append(cost / byHand)
            }
        }
        for name in [bare, base] + names {
            let ratio = ratios[name].map { "  ratio \(figure(median($0), 3))" } ?? ""
            print("  \(name): \(figure(median(figures[name] ?? [0]), 0)) ns\(ratio)")
        }
    }

    /// All interfaces on one bridge; the first two know their MAC, as guests of hypervisors and engines do.
    private func plan(ports: Int, groups: Int, rules: Int, _ indexes: inout RuleIndexes) throws -> HostPlan {
        var policy = BenchPolicy.make(interfaces: ports, groups: groups, rules: rules)
        for (place, space) in [BenchHost.sender, BenchHost.receiver].enumerated() {
            let old = policy.vpcs[0].instances[place].interfaces[0]
            policy.vpcs[0].instances[place].interfaces[0] = Interface(
                id: old.id, name: old.name, subnet: old.subnet, addresses: old.addresses, mac: try guestMAC(space),
                device: old.device, groups: old.groups)
        }
        let devices = Dictionary(policy.placements.map { ($0.interface, $0.device) }) { first, _ in first }
        return try HostPlan(
            policy, devices: devices,
            bridges: .init(
                attached: devices.mapValues { _ in "br0" },
                bridges: [.init(name: "br0", members: ["gh-p0", "gh-p1"], refusesUnknown: true)]),
            indexes: &indexes)
    }

    private func measure() throws -> Double {
        try host.forgetSessions()
        var storm = host.storm(packets: 200, tuples: 2000...2099)
        storm.targetMAC = try guestMAC(BenchHost.receiver)
        let before = try received()
        _ = try storm.send(from: BenchHost.sender)
        storm.packets = Self.packets
        let began = SystemClock.threadTime
        let sent = try storm.send(from: BenchHost.sender)
        let spent = Double(SystemClock.threadTime - began) / Double(sent)
        // What was dropped on its way cost less, and is no figure.
        let arrived = try received() - before
        guard arrived >= UInt64(sent) * 99 / 100 else {
            throw BenchFailure("\(arrived) of \(sent + 200) frames arrived")
        }
        return spent
    }

    private func received() throws -> UInt64 {
        let device = try NetworkNamespace.within(BenchHost.receiver) {
            try RouteTables().devices().first { $0.name == "eth0" }
        }
        return device?.received.packets ?? 0
    }

    private static let policy = """
        project: bench
        bridges: [{name: br0, unknown: refuse}]
        vpcs:
          - name: v
            cidrs: [10.1.0.0/16]
            subnets: [{name: s, cidr: 10.1.0.0/16}]
            groups: [{name: open, rules: [ingress udp/1024-59999 from group:open, egress any to any]}]
        """

    /// One attachment after the other, until there are a thousand; the last hundred are what is told.
    private func measureAttachments() throws {
        print("\nattach: one port more, beside \(Self.present) on the same bridge")
        try host.clearRules()
        let batch = (0..<Self.present).map {
            "link add gv\($0) type veth peer name gw\($0)\nlink set gv\($0) master br0 up"
        }.joined(separator: "\n")
        let path = FileManager.default.temporaryDirectory.path + "/gatehouse-bridge-bench"
        try? FileManager.default.removeItem(atPath: path)
        try DurableFile.makeFolder(path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try DurableFile.replace(path + "/links", with: Array((batch + "\n").utf8))
        try run("ip", "-batch", path + "/links")
        let folder = DataFolder(path + "/data")
        let supervisor = try AgentSupervisor(
            folder, program: AgentSupervisor.programPath(beside: CommandLine.arguments[0]), namespace: BenchHost.host)
        try supervisor.start()
        defer { try? supervisor.stop() }
        let client = AgentClient(folder)
        try client.waitUntilReady(seconds: 30)
        _ = try client.ask(
            .apply(policy: try PolicyFile.load(Self.policy, name: "bench.yaml"), origin: "bench", sessions: .cut))
        var inKernel: [Double] = []
        var whole: [Double] = []
        for number in 0..<Self.present {
            let request = DeviceAttachRequest(
                instance: "i\(number)", interface: "eth0", device: "gv\(number)",
                addresses: [IPAddress(ipv4: 0x0a01_1000 + UInt32(number))], groups: ["open"])
            let began = SystemClock.monotonic
            guard case .receipt(let receipt) = try client.ask(.attach(request)) else {
                throw BenchFailure("the agent did not attach gv\(number)")
            }
            whole.append(Double(SystemClock.monotonic - began) / 1e6)
            inKernel.append(Double(receipt.microseconds) / 1000)
        }
        let spans = [("decision to kernel", inKernel), ("request to answer, with its revision on disk", whole)]
        for (name, values) in spans {
            let last = values.suffix(100).sorted()
            let most = figure(last[98])
            print("  \(name): median \(figure(last[50])) ms, 99 % within \(most) ms; first \(figure(values[0])) ms")
        }
    }
}
