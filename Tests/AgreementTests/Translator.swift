import Enforcement
import Model
import Policy
import TestSupport

/// Another table on the host that translates addresses, as forwarded ports, a cluster's services and masquerading do.
///
/// | session | becomes |
/// |---|---|
/// | to 10.96.0.(10 + k) or fd00:96::(10 + k), TCP and UDP | guest k; its port is the next in the list |
/// | of those, from a guest (a hairpin) | from the host's own address as well, so that answers come back this way |
/// | from a guest to the outside: TCP, UDP, echo | masqueraded by the uplink's address |
struct Translator {
    private static let uplink = [IPAddress(ipv4: 0xc633_6401), IPAddress(ipv6High: 0x2001_0db8_0000_00ff, low: 1)]

    private static func service(_ guest: Int, _ family: AddressFamily) -> IPAddress {
        family == .ipv4
            ? IPAddress(ipv4: 0x0a60_000a + UInt32(guest))
            : IPAddress(ipv6High: 0xfd00_0096_0000_0000, low: 0x10 + UInt64(guest))
    }

    /// The port that a service's port leads to.
    private static func port(_ port: UInt16) -> UInt16 {
        let place = RandomPolicy.ports.firstIndex(of: port) ?? 0
        return RandomPolicy.ports[(place + 1) % RandomPolicy.ports.count]
    }

    /// Makes the table, and what it needs of the host.
    init(_ judged: JudgedHost) throws {
        let host = judged.host.name
        for address in Self.uplink {
            try TestHost.run("ip", "-n", host, "addr", "add", "\(IPPrefix(address))", "dev", "up0", "nodad")
        }
        try TestHost.run("ip", "-n", host, "route", "add", "10.96.0.0/16", "dev", "up0")
        try TestHost.run("ip", "-6", "-n", host, "route", "add", "fd00:96::/64", "dev", "up0")
        var lines = [
            "table inet translator {", " chain pre {", "  type nat hook prerouting priority dstnat; policy accept;",
        ]
        for guest in RandomPolicy.instances.indices {
            for family in AddressFamily.allCases {
                let word = family == .ipv4 ? "ip" : "ip6"
                let target = RandomPolicy.addresses(guest)[family == .ipv4 ? 0 : 1]
                let goal = family == .ipv4 ? "\(target)" : "[\(target)]"
                for transport in ["tcp", "udp"] {
                    for port in RandomPolicy.ports {
                        lines.append(
                            "  \(word) daddr \(Self.service(guest, family)) \(transport) dport \(port) dnat \(word) to "
                                + "\(goal):\(Self.port(port))")
                    }
                }
            }
        }
        lines += [" }", " chain post {", "  type nat hook postrouting priority srcnat; policy accept;"]
        lines.append("  ct status dnat ip saddr 10.1.0.0/24 snat ip to \(RandomTraffic.hostAddresses[0])")
        lines.append("  ct status dnat ip6 saddr fd00:1::/64 snat ip6 to \(RandomTraffic.hostAddresses[1])")
        for match in [
            "ip saddr 10.1.0.0/24 meta l4proto { tcp, udp }", "ip saddr 10.1.0.0/24 icmp type echo-request",
            "ip6 saddr fd00:1::/64 meta l4proto { tcp, udp }", "ip6 saddr fd00:1::/64 icmpv6 type echo-request",
        ] {
            lines.append("  oifname \"up0\" \(match) masquerade")
        }
        lines += [" }", "}", ""]
        try NftProgram(namespace: host).apply(lines.joined(separator: "\n"))
    }

    /// The key with which a packet to a guest goes to its service address instead; nil where there is no service.
    func service(_ key: FlowKey, of guest: Int) -> FlowKey? {
        guard key.transport == .tcp || key.transport == .udp, let port = key.targetPort,
            RandomPolicy.ports.contains(port),
            RandomPolicy.addresses(guest).contains(key.target)
        else { return nil }
        return FlowKey(
            initiator: key.initiator, target: Self.service(guest, key.initiator.family), transport: key.transport,
            initiatorPort: key.initiatorPort, targetPort: key.targetPort)
    }

    /// The shot with what becomes of it.
    func translated(_ shot: Shot) -> Shot {
        let key = shot.packet.key
        let family = key.initiator.family
        let place = family == .ipv4 ? 0 : 1
        let isOfGuest = RandomPolicy.instances.indices.contains { RandomPolicy.addresses($0).contains(key.initiator) }
        var judged = key
        var source = key.initiator
        if let guest = RandomPolicy.instances.indices.first(where: { Self.service($0, family) == key.target }) {
            judged = FlowKey(
                initiator: key.initiator, target: RandomPolicy.addresses(guest)[place], transport: key.transport,
                initiatorPort: key.initiatorPort, targetPort: key.targetPort.map(Self.port))
            if isOfGuest { source = RandomTraffic.hostAddresses[place] }
        } else if isOfGuest, key.target == RandomTraffic.outsideAddresses[place], isMasqueraded(key) {
            source = Self.uplink[place]
        } else {
            return shot
        }
        var shot = shot
        shot.translation = .init(
            judged: judged,
            sent: FlowKey(
                initiator: source, target: judged.target, transport: key.transport, initiatorPort: key.initiatorPort,
                targetPort: judged.targetPort))
        return shot
    }

    private func isMasqueraded(_ key: FlowKey) -> Bool {
        switch key.transport {
        case .tcp, .udp: true
        case .icmp: key.initiatorPort == 8
        case .icmpv6: key.initiatorPort == 128
        default: false
        }
    }
}
