import Model

/// Why a rule does or does not match a packet, in words.
enum RuleReason {
    /// The reason that a rule of one family does not match; nil where it matches.
    static func mismatch(_ family: AddressFamily?, _ key: FlowKey) -> String? {
        guard let family, family != key.initiator.family else { return nil }
        return "the packet is \(key.initiator.family.name), the rule \(family.name)"
    }

    /// The reason that a service does not match; nil where it matches.
    static func mismatch(_ service: Service, _ key: FlowKey) -> String? {
        switch service {
        case .any: return nil
        case .icmpTCPUDP:
            return Service.isICMPTCPOrUDP(key) ? nil : "protocol is \(key.transport), not ICMP, TCP or UDP"
        case .transport(let transport, let ports):
            guard key.transport == transport else { return "protocol is \(key.transport), not \(transport)" }
            return ports.flatMap { mismatch($0, key.targetPort, "port", one: "") }
        case .icmp(let transport, let type, let code):
            guard key.transport == transport else { return "protocol is \(key.transport), not \(transport)" }
            let family = key.initiator.family
            guard family == service.family else { return "\(transport) rules do not match \(family.name) packets" }
            if let type, type != key.icmpType {
                return "type \(key.icmpType.map(String.init) ?? "unknown") is not \(type)"
            }
            if let code, code != key.icmpCode {
                return "code \(key.icmpCode.map(String.init) ?? "unknown") is not \(code)"
            }
            return nil
        }
    }

    /// The reason that a port does not match; nil where it does. One that is not known matches no range.
    ///
    /// * `one`: what stands before a range of one port.
    static func mismatch(_ ports: PortRange, _ port: UInt16?, _ noun: String, one: String) -> String? {
        guard let port else { return "\(noun) is not known" }
        guard !ports.contains(port) else { return nil }
        return "\(noun) \(port) is not \(ports.lower == ports.upper ? one : "in ")\(ports)"
    }

    /// The reason that the near end's address does not match; nil where it does.
    static func mismatch(local: IPPrefix?, _ address: IPAddress) -> String? {
        guard let local, !local.contains(address) else { return nil }
        return "\(address) is not \(local.isSingleAddress ? "" : "in ")\(local)"
    }

    /// The reason that a remote does not match; nil where it matches.
    static func mismatch(_ remote: Remote, _ peer: IPAddress, peerGroups: [String]) -> String? {
        switch remote {
        case .any: nil
        case .prefix(let prefix):
            prefix.contains(peer) ? nil : "\(peer) is not \(prefix.isSingleAddress ? "" : "in ")\(remote)"
        case .group(let name): peerGroups.contains(name) ? nil : "\(peer) is not in group \(name)"
        }
    }
}
