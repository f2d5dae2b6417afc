import Model

/// The network ACLs of every interface's subnet, asked where a packet leaves or enters the subnet.
///
/// Interfaces have the numbers that `InterfaceIndex` gives them. Stateless: each packet is asked by itself.
struct EdgeIndex: Sendable {
    /// What a subnet's edge says of a packet.
    struct Refusal {
        /// `egress` at the sender's edge, `ingress` at the target's.
        let direction: Direction
        let acl: Int
        /// The rule that refuses; nil is the list's default refusal.
        let rule: Int?
    }

    private struct Edge: Sendable {
        let prefixes: [IPPrefix]
        let acl: Int
    }

    private(set) var acls: [NetworkACL] = []
    private var edges: [Edge] = []
    /// For each interface the edge of its subnet, or -1.
    private var byInterface: [Int32] = []

    init(_ policy: Policy) {
        for vpc in policy.vpcs {
            let first = acls.count
            acls += vpc.acls
            var bySubnet: [String: Int32] = [:]
            for subnet in vpc.subnets {
                guard let name = subnet.acl, let place = vpc.acls.firstIndex(where: { $0.name == name }) else {
                    continue
                }
                bySubnet[subnet.name] = Int32(edges.count)
                edges.append(Edge(prefixes: subnet.prefixes, acl: first + place))
            }
            for interface in vpc.instances.flatMap(\.interfaces) {
                byInterface.append(bySubnet[interface.subnet] ?? -1)
            }
        }
        if edges.isEmpty { byInterface = [] }
    }

    /// The ACL that an interface's packet meets; nil where there is none, or the packet stays within the subnet.
    func acl(at interface: Int32, _ direction: Direction, _ key: FlowKey) -> Int? {
        guard interface >= 0, !edges.isEmpty, byInterface[Int(interface)] >= 0 else { return nil }
        let edge = edges[Int(byInterface[Int(interface)])]
        let other = direction == .egress ? key.target : key.initiator
        return edge.prefixes.contains { $0.contains(other) } ? nil : edge.acl
    }

    /// What the edges refuse that a packet crosses, the sender's first; nil where they let it through.
    func refusal(_ packet: Packet, sender: Int32, target: Int32, staysHere: Bool) -> Refusal? {
        guard !edges.isEmpty, !LinkGuard.passesEdges(packet, staysHere: staysHere) else { return nil }
        let key = packet.key
        return refusal(at: sender, .egress, key) ?? refusal(at: target, .ingress, key)
    }

    private func refusal(at interface: Int32, _ direction: Direction, _ key: FlowKey) -> Refusal? {
        guard let acl = acl(at: interface, direction, key) else { return nil }
        for (place, rule) in acls[acl].rules.enumerated() where rule.direction == direction && rule.matches(key) {
            return rule.action == .allow ? nil : Refusal(direction: direction, acl: acl, rule: place)
        }
        return Refusal(direction: direction, acl: acl, rule: nil)
    }

    /// The id of the rule that refuses.
    func id(_ refusal: Refusal) -> Identifier<Rule> {
        let acl = acls[refusal.acl]
        return refusal.rule.map { acl.rules[$0].id } ?? acl.defaultRefusal(refusal.direction)
    }
}

extension ACLRule {
    /// Whether a packet has what the rule asks for; the direction is not looked at.
    func matches(_ key: FlowKey) -> Bool { mismatch(key) == nil }

    /// Why a packet does not match, in words; nil where it does.
    func mismatch(_ key: FlowKey) -> String? {
        RuleReason.mismatch(family, key) ?? RuleReason.mismatch(service, key)
            ?? RuleReason.mismatch(local: source, key.initiator) ?? RuleReason.mismatch(local: target, key.target)
            ?? sourcePorts.flatMap { ports in
                RuleReason.mismatch(ports, key.initiatorPort, "source port", one: "in ")
            }
    }
}
