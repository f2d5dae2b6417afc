/// An IP protocol number (the IPv4 protocol or the IPv6 next header that carries the payload).
package struct TransportProtocol: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let icmp = TransportProtocol(rawValue: 1)
    package static let tcp = TransportProtocol(rawValue: 6)
    package static let udp = TransportProtocol(rawValue: 17)
    package static let dccp = TransportProtocol(rawValue: 33)
    package static let ah = TransportProtocol(rawValue: 51)
    package static let icmpv6 = TransportProtocol(rawValue: 58)
    package static let sctp = TransportProtocol(rawValue: 132)
    package static let udplite = TransportProtocol(rawValue: 136)

    /// Names and numbers of the IANA registry that Neutron and the VPC APIs spell out; the first name is ours.
    private static let names: [(name: String, number: UInt8)] = [
        ("icmp", 1), ("tcp", 6), ("udp", 17), ("icmpv6", 58), ("ipv6-icmp", 58), ("sctp", 132), ("dccp", 33),
        ("udplite", 136), ("gre", 47), ("esp", 50), ("ah", 51), ("igmp", 2), ("ipip", 4), ("egp", 8), ("ipv6", 41),
        ("ipv6-encap", 41), ("ipv6-route", 43), ("ipv6-frag", 44), ("rsvp", 46), ("ipv6-nonxt", 59),
        ("ipv6-opts", 60), ("ospf", 89), ("vrrp", 112), ("pgm", 113), ("hopopt", 0),
    ]

    /// Every protocol that has a name, each once.
    package static let named: [TransportProtocol] = names.reduce(into: []) { list, entry in
        let item = TransportProtocol(rawValue: entry.number)
        if !list.contains(item) { list.append(item) }
    }

    /// Reads a name (`tcp`) or a number (`6`), in any case.
    package init?(_ text: some StringProtocol) {
        let lowered = text.lowercased()
        if let number = UInt8(lowered) {
            self.init(rawValue: number)
        } else if let entry = Self.names.first(where: { $0.name == lowered }) {
            self.init(rawValue: entry.number)
        } else {
            return nil
        }
    }

    /// Whether the protocol's header begins with source and target port.
    package var hasPorts: Bool { [.tcp, .udp, .sctp, .dccp, .udplite].contains(self) }

    /// Whether sessions can be of the protocol in a family.
    ///
    /// ICMP and ICMPv6 have one each. In IPv6 some numbers are headers that stand before a transport's (RFC 8200, 4302), or say
    /// that nothing follows: connection tracking reads past them, and finds what is within or nothing.
    package func isCarried(by family: AddressFamily) -> Bool {
        switch family {
        case .ipv4: rawValue != 58
        case .ipv6: ![0, 1, 43, 44, 51, 59, 60].contains(rawValue)
        }
    }

    /// Whether the protocol is ICMP or ICMPv6, which have type and code in place of ports.
    package var isICMP: Bool { self == .icmp || self == .icmpv6 }
}

extension TransportProtocol: CustomStringConvertible {
    /// The name, or the number where there is none.
    package var description: String {
        Self.names.first { $0.number == rawValue }?.name ?? String(rawValue)
    }
}

extension TransportProtocol: Codable {}
