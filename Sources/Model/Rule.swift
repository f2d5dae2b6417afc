/// The other end that a rule admits: the source of an ingress rule, the target of an egress rule.
package enum Remote: Hashable, Sendable, Codable {
    /// Every address of both families.
    case any
    /// The addresses of one block.
    case prefix(IPPrefix)
    /// The present addresses of every interface that carries the group of this name in the same VPC.
    case group(String)
}

extension Remote: CustomStringConvertible {
    package var description: String {
        switch self {
        case .any: "any"
        case .prefix(let prefix): prefix.isSingleAddress ? prefix.base.description : prefix.description
        case .group(let name): "group:\(name)"
        }
    }
}

/// What a rule asks of a packet's protocol.
package enum Service: Hashable, Sendable, Codable {
    /// Every protocol.
    case any
    /// TCP, UDP, and ICMP or ICMPv6: what VPC interfaces call `icmp_tcp_udp`.
    case icmpTCPUDP
    /// One protocol, and the target ports within it where the protocol has ports; nil ports is all.
    case transport(TransportProtocol, PortRange?)
    /// ICMP or ICMPv6; a nil type is every type, a nil code every code of the type.
    case icmp(TransportProtocol, type: UInt8?, code: UInt8?)

    /// The only family that can carry the service, where there is one.
    package var family: AddressFamily? {
        switch self {
        case .icmp(.icmp, _, _): .ipv4
        case .icmp(.icmpv6, _, _): .ipv6
        default: nil
        }
    }
}

extension Service {
    /// Whether packets of a family can be of the service.
    package func isCarried(by family: AddressFamily) -> Bool {
        switch self {
        case .any, .icmpTCPUDP: true
        case .transport(let transport, _), .icmp(let transport, _, _): transport.isCarried(by: family)
        }
    }

    /// Whether a packet is of the protocols that `icmpTCPUDP` names.
    package static func isICMPTCPOrUDP(_ key: FlowKey) -> Bool {
        key.transport == .tcp || key.transport == .udp || key.transport.isICMP
    }
}

extension Service: CustomStringConvertible {
    /// `any`, `icmp_tcp_udp`, `tcp`, `tcp/443`, `udp/5000-5010`, `icmp`, `icmp/8`, `icmp/3/4`.
    package var description: String {
        switch self {
        case .any: "any"
        case .icmpTCPUDP: "icmp_tcp_udp"
        case .transport(let transport, nil): "\(transport)"
        case .transport(let transport, .some(let ports)): "\(transport)/\(ports)"
        case .icmp(let transport, nil, _): "\(transport)"
        case .icmp(let transport, .some(let type), nil): "\(transport)/\(type)"
        case .icmp(let transport, .some(let type), .some(let code)): "\(transport)/\(type)/\(code)"
        }
    }
}

/// One allow rule of a security group.
package struct Rule: Hashable, Sendable, Codable {
    /// Stable while the rule stands unchanged in its group; never used again afterwards.
    package var id: Identifier<Rule>
    package let direction: Direction
    /// The only family that the rule admits; nil is both, as far as service and remote allow.
    package let family: AddressFamily?
    package let service: Service
    package var remote: Remote
    /// The near end's addresses, of those that the interface has; nil is all.
    package let local: IPPrefix?
    /// What its author says of it; not part of what it does.
    package let description: String

    package init(
        id: Identifier<Rule>, direction: Direction, family: AddressFamily? = nil, service: Service, remote: Remote,
        local: IPPrefix? = nil, description: String = ""
    ) {
        self.id = id
        self.direction = direction
        self.family = family
        self.service = service
        self.remote = remote
        self.local = local
        self.description = description
    }

    /// The families of which packets can match: none where the parts contradict each other.
    package var families: [AddressFamily] {
        var wanted = [family, service.family, local?.family].compactMap { $0 }
        if case .prefix(let prefix) = remote { wanted.append(prefix.family) }
        return AddressFamily.allCases.filter { family in wanted.allSatisfy { $0 == family } }
    }

    /// The rule in the policy file's words: `ingress tcp/443 from any`; the near end where it is not all of the interface
    /// (`at 10.1.0.4`), and a family that only `family` says, come last.
    package var text: String {
        let near = local.map { " at \($0.isSingleAddress ? $0.base.description : $0.description)" } ?? ""
        let words = "\(direction.rawValue) \(service) \(direction == .ingress ? "from" : "to") \(remote)\(near)"
        if case .prefix = remote { return words }
        if local != nil { return words }
        guard let family, service.family == nil else { return words }
        return "\(words) (\(family.name))"
    }
}
