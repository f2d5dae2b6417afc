import Model
import Policy

/// What is otherwise for guests on a bridge than the classifier says of interfaces on devices of their own.
struct BridgedGuests {
    private let host: JudgedHost

    init(_ host: JudgedHost) { self.host = host }

    /// The policy without network ACLs and stateless groups, which no interface on a bridge can have, without subnets of which an
    /// interface has the broadcast address, and with MACs for some.
    func admissible(_ policy: Policy) -> Policy {
        guard !host.bridged.isEmpty else { return policy }
        var policy = policy
        for place in policy.vpcs.indices {
            let vpc = policy.vpcs[place]
            policy.vpcs[place].subnets = vpc.subnets.map { Subnet(id: $0.id, name: $0.name, prefixes: vpc.prefixes) }
            policy.vpcs[place].groups = vpc.groups.map {
                SecurityGroup(id: $0.id, name: $0.name, rules: $0.rules, membersElsewhere: $0.membersElsewhere)
            }
            for index in vpc.instances.indices where host.bridged.contains(index) && index % 2 == 0 {
                let interface = vpc.instances[index].interfaces[0]
                policy.vpcs[place].instances[index].interfaces[0] = Interface(
                    id: interface.id, name: interface.name, subnet: interface.subnet, addresses: interface.addresses,
                    prefixes: interface.prefixes, pairs: interface.pairs,
                    mac: host.mac(index), device: interface.device, groups: interface.groups)
            }
        }
        return policy
    }

    /// Whether the port stage drops the packet, which tells no event and counts for no interface.
    func dropsAtPort(_ shot: Shot) -> Bool {
        guard host.bridged.contains(shot.sender), shot.sender < RandomTraffic.outside else { return false }
        let key = shot.packet.key
        let isIPv6 = key.initiator.family == .ipv6
        if !RandomPolicy.addresses(shot.sender).contains(key.initiator) {
            // A DHCP client has no address yet.
            return !(key.initiator == IPAddress(ipv4: 0) && key.targetPort == 67)
        }
        if isIPv6, shot.packet.hasAuthenticationHeader { return true }
        if key.transport == .udp, key.initiatorPort == (isIPv6 ? 547 : 67), key.targetPort == (isIPv6 ? 546 : 68) {
            return true
        }
        return false
    }

    /// Whether it is of the link, or for many, which is their own affair on a bridge (`JailedFrameTests`, `BridgedManyTests`).
    func areOfTheirOwn(_ shot: Shot) -> Bool {
        guard host.bridged.contains(shot.sender) else { return false }
        if isToMany(shot.packet.key.target), shot.packet.key.initiator != IPAddress(ipv4: 0) { return true }
        guard shot.packet.key.transport == .icmpv6, let type = shot.packet.key.initiatorPort else { return false }
        return (130...137).contains(type) || type == 143
    }

    private func isToMany(_ address: IPAddress) -> Bool {
        address.family == .ipv4 ? address.low >> 28 == 0xe || address.low == 0xffff_ffff : address.high >> 56 == 0xff
    }
}
