import Attribution
import Enforcement
import Foundation
import Host
import Model
import Netlink
import Rehearsal
import Synchronization
import TestSupport
import Testing

/// Packets under way at a change are judged by one policy or the other, never by halves of two.
@Suite(.serialized) struct ChangeTests {
    private static let refusedPort: UInt16 = 1111
    private static let allowedPort: UInt16 = 2222
    private static let changes =
        ChildProcess.inheritedEnvironment()["GATEHOUSE_CHANGES"].flatMap { Int($0) } ?? 1000

    /// Who refuses the port that every policy refuses.
    private enum Refuser: CaseIterable {
        case sendersGroups
        case targetsGroups
        case sendersEdge
        case targetsEdge
        case sendersEnterprise
        case targetsEnterprise
    }

    /// Enterprise rules that refuse the one port at an end, or nothing of the two; others come and go beside.
    private static func enterprise(_ refuser: Refuser, _ random: inout SplitMix64) throws -> [EnterpriseRule] {
        let everybody = try IPPrefix(parsing: "10.1.0.0/24")
        let ends: [EnterpriseEnd] = [
            .any, .anyOf([.prefix(everybody)]), .anyOf([.vpc("v")]),
            .noneOf([.prefix(try IPPrefix(parsing: "10.2.0.0/16"))]),
        ]
        func rule(_ name: String, _ action: EnterpriseRule.Action, _ direction: Direction, _ port: UInt16)
            -> EnterpriseRule
        {
            EnterpriseRule(
                id: Identifier(derivedFrom: "enterprise", "\(name)\(action)\(direction)\(port)"), name: name,
                action: action,
                direction: direction, source: random.pick(ends), target: random.pick(ends),
                services: [.transport(.udp, PortRange(port, port))])
        }
        var rules: [EnterpriseRule] = []
        for place in 0..<Int.random(in: 0...10, using: &random) {
            let direction = random.pick(Direction.allCases)
            rules.append(rule("o\(place)", random.pick([.block, .allow, .observe]), direction, 3000 + UInt16(place)))
        }
        if random.chance(20) { rules.append(rule("a", .allow, random.pick(Direction.allCases), allowedPort)) }
        switch refuser {
        case .sendersEnterprise:
            rules.insert(rule("r", .block, .egress, refusedPort), at: Int.random(in: 0...rules.count, using: &random))
        case .targetsEnterprise:
            rules.insert(rule("r", .block, .ingress, refusedPort), at: Int.random(in: 0...rules.count, using: &random))
        case .sendersGroups, .targetsGroups, .sendersEdge, .targetsEdge: break
        }
        return rules
    }

    /// The network ACL of an end's subnet: admits the allowed port, and the other unless it is to refuse it.
    private static func acl(_ name: String, refuses: Bool, _ random: inout SplitMix64) -> NetworkACL {
        let direction = name == "sender" ? Direction.egress : .ingress
        func rule(_ action: ACLRule.Action, _ service: Service) -> ACLRule {
            ACLRule(
                id: Identifier(derivedFrom: "acl", name, "\(action)\(service)"), action: action, direction: direction,
                service: service)
        }
        let port = Service.transport(.udp, PortRange(refusedPort, refusedPort))
        let allowed = Service.transport(.udp, PortRange(allowedPort, allowedPort))
        var rules = [rule(.allow, random.chance(50) && refuses ? allowed : .transport(.udp, nil))]
        if refuses, random.chance(50) || rules[0].service != allowed { rules.insert(rule(.deny, port), at: 0) }
        return NetworkACL(id: Identifier(derivedFrom: "acl", name), name: name, rules: rules)
    }

    /// Every policy of this family refuses one port at one of the two ends or edges, and admits another port at all, each
    /// by ever other rules, groups and memberships; the groups of some are stateless.
    private static func policy(_ random: inout SplitMix64) throws -> Policy {
        func rule(_ direction: Direction, _ port: UInt16, _ remote: Remote) -> Rule {
            Rule(
                id: Identifier(derivedFrom: "rule", "\(direction)\(port)\(remote)"), direction: direction,
                service: .transport(.udp, PortRange(port, port)), remote: remote)
        }
        let everybody = try IPPrefix(parsing: "10.1.0.0/24")
        let refuser = random.pick(Refuser.allCases)
        let refusedAt: Direction? =
            switch refuser {
            case .sendersGroups: .egress
            case .targetsGroups: .ingress
            case .sendersEdge, .targetsEdge, .sendersEnterprise, .targetsEnterprise: nil
            }
        var acls: [NetworkACL] = []
        for (name, own) in [("sender", Refuser.sendersEdge), ("receiver", .targetsEdge)]
        where refuser == own || random.chance(30) {
            acls.append(acl(name, refuses: refuser == own, &random))
        }
        var groups: [String: [Rule]] = ["sender": [], "receiver": [], "extra": [], "other": [], "spare": []]
        var memberships = ["sender": ["sender"], "receiver": ["receiver"]]
        for (end, direction) in [("sender", Direction.egress), ("receiver", .ingress)] {
            let peer = end == "sender" ? "receiver" : "sender"
            let remotes: [Remote] = [.any, .prefix(everybody), .group(peer)]
            // The allowed port: in the end's own group, or in a further one that it then carries.
            let home = random.chance(50) ? end : random.pick(["extra", "other"])
            groups[home]?.append(rule(direction, allowedPort, random.pick(remotes)))
            if home != end { memberships[end]?.append(home) }
            // The other port: admitted here when it is refused there.
            if refusedAt != direction {
                let home = random.chance(50) ? end : random.pick(["extra", "other"])
                groups[home]?.append(rule(direction, refusedPort, random.pick(remotes)))
                if home != end, memberships[end]?.contains(home) == false { memberships[end]?.append(home) }
            }
        }
        // Both ends may carry the same groups, so that all are of one kind.
        let isStateful = random.chance(50)
        let prefixes = [everybody]
        let instances = ["sender", "receiver"].enumerated().map { index, name in
            Instance(
                id: Identifier(derivedFrom: "instance", name), name: name,
                interfaces: [
                    Interface(
                        id: Identifier(derivedFrom: "interface", name), name: "eth0", subnet: name,
                        addresses: [IPAddress(ipv4: 0x0a01_000a + UInt32(index))], mac: nil, device: "gh-\(name)",
                        groups: memberships[name] ?? [])
                ])
        }
        let subnets = try ["sender", "receiver"].enumerated().map { index, name in
            Subnet(
                id: Identifier(derivedFrom: "subnet", name), name: name,
                prefixes: [try IPPrefix(parsing: "10.1.0.\(10 + index)/32")],
                acl: acls.contains { $0.name == name } ? name : nil)
        }
        return Policy(
            project: "change",
            vpcs: [
                VPC(
                    id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: prefixes,
                    subnets: subnets, acls: acls,
                    groups: groups.sorted { $0.key < $1.key }.map {
                        SecurityGroup(
                            id: Identifier(derivedFrom: "group", $0.key), name: $0.key, rules: $0.value,
                            isStateful: isStateful)
                    }, instances: instances)
            ], enterprise: try enterprise(refuser, &random))
    }

    @Test(.kernel) func `in a thousand changes under traffic no probe is judged by halves of two policies`()
        throws
    {
        let host = try TestHost("ch")
        defer { host.remove() }
        let spaces = try ["sender", "receiver"].enumerated().map { index, name in
            let space = try host.addGuest(name, device: "gh-\(name)", addresses: [])
            let mac = MACAddress(bits: try NetworkNamespace.within(space) { try NetworkDevices.linkAddress("eth0") })
            try TestHost.run("ip", "-n", host.name, "route", "add", "10.1.0.\(10 + index)", "dev", "gh-\(name)")
            try TestHost.run(
                "ip", "-n", host.name, "neigh", "add", "10.1.0.\(10 + index)", "lladdr", "\(mac)", "dev", "gh-\(name)",
                "nud",
                "permanent")
            return space
        }
        try NftProgram(namespace: spaces[1]).apply(
            """
            table inet tap {
             counter refused {
             }
             counter allowed {
             }
             chain tap {
              type filter hook prerouting priority -400; policy drop;
              udp dport \(Self.refusedPort) counter name refused
              udp dport \(Self.allowedPort) counter name allowed
             }
            }

            """)
        try NetworkNamespace.within(host.name) { try Plumbing().prepareHost() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let enforcer = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: 0)
        var indexes = RuleIndexes()
        var random = SplitMix64(seed: 42)
        var policy = Policy.empty
        func enforce() throws -> Enforcer.Method {
            if random.chance(80) || policy.vpcs.isEmpty { policy = try Self.policy(&random) }
            // Besides, a membership comes or goes that admits and refuses nothing.
            for index in policy.vpcs[0].instances.indices where random.chance(50) {
                let groups = policy.vpcs[0].instances[index].interfaces[0].groups
                policy.vpcs[0].instances[index].interfaces[0].groups =
                    groups.contains("spare") ? groups.filter { $0 != "spare" } : groups + ["spare"]
            }
            let devices = Dictionary(
                policy.placements.map { ($0.interface, $0.device) }, uniquingKeysWith: { first, _ in first })
            return try enforcer.apply(try HostPlan(policy, devices: devices, indexes: &indexes))
        }
        _ = try enforce()
        let port = MACAddress(
            bits: try NetworkNamespace.within(host.name) { try NetworkDevices.linkAddress("gh-sender") })
        let isOver = Mutex(false)
        let finished = DispatchGroup()
        for target in [Self.refusedPort, Self.allowedPort] {
            finished.enter()
            Thread.detachNewThread {
                defer { finished.leave() }
                var storm = Storm(
                    from: IPAddress(ipv4: 0x0a01_000a), to: IPAddress(ipv4: 0x0a01_000b), via: port, packets: 2000)
                storm.rate = target == Self.refusedPort ? 12_000 : 3000
                storm.targetPorts = target...target
                while !isOver.withLock({ $0 }) {
                    _ = try? storm.send(from: spaces[0])
                    storm.first += 2000
                }
            }
        }
        var methods: [String: Int] = [:]
        for _ in 0..<Self.changes { methods[try enforce().rawValue, default: 0] += 1 }
        isOver.withLock { $0 = true }
        finished.wait()
        let counters = try TestHost.run("nft", "list", "counters", in: spaces[1])
        let arrived = counters.split(separator: "\n").compactMap { line -> Int? in
            let words = line.split(separator: " ")
            return words.count == 4 && words[0].hasSuffix("packets") ? Int(words[1]) : nil
        }
        let refused = try refusedByPort(enforcer)
        print(
            "changes: \(methods); arrived \(counters.split(separator: "\n").filter { $0.contains("packets") }); refused \(refused)"
        )
        try #require(arrived.count == 2)
        // nft lists counters in the order in which they were made.
        #expect(arrived[0] == 0, "let through although both policies refuse it")
        #expect(refused[Self.allowedPort, default: 0] == 0, "refused although both policies admit it")
        #expect(arrived[1] > 1000)
        #expect((refused[Self.refusedPort] ?? 0) > 1000)
        for method in ["elements", "rules", "switched"] { #expect(methods[method, default: 0] > 0) }
    }

    /// Packets that groups and edges refused, by target port.
    private func refusedByPort(_ enforcer: Enforcer) throws -> [UInt16: UInt64] {
        var found: [UInt16: UInt64] = [:]
        for set in enforcer.presentCountingSets {
            // The target port's place in the key; the sets of other protocols have none.
            let place: Int
            switch set.meaning {
            case .refused where set.columns.count == 5: place = 16
            case .coarse: place = 12
            case .refusedAfterEgress where set.transport == .udp: place = 12
            case .refusedAtEdge where set.transport == .udp: place = 12
            case .blocked where set.transport == .udp: place = 12
            case .blockedAfterEgress where set.transport == .udp: place = 12
            case .refusedAtEdgeInside where set.transport == .udp: place = 12
            default: continue
            }
            guard set.family == .ipv4 else { continue }
            for generation in [0, 1] as [UInt32] {
                for element in try enforcer.countedElements(of: set, generation: generation) {
                    let port = UInt16(element.key[place]) << 8 | UInt16(element.key[place + 1])
                    found[port, default: 0] += element.traffic.packets
                }
            }
        }
        return found
    }
}
