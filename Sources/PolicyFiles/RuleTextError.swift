package import Model

/// Why a text is not a rule.
package enum RuleTextError: Error, Hashable, Sendable {
    /// Not four words, or six with the near end.
    case shape(String)
    /// Not the words of a network ACL's rule.
    case aclShape(String)
    case unknownAction(String)
    case unknownDirection(String)
    /// `from` after egress, `to` after ingress, or neither.
    case wrongPreposition(String, Direction)
    case unknownProtocol(String)
    /// Something follows a service that takes nothing more.
    case excessParts(service: String, accepted: String)
    case portsWithoutPorts(TransportProtocol, ports: String)
    case malformedPorts(String, TransportProtocol)
    case portOutOfRange(String)
    /// Port 0 by itself: elsewhere it means every port, here it would match next to nothing.
    case portZero(TransportProtocol)
    case reversedPorts(TransportProtocol, from: UInt16, to: UInt16)
    /// `field` is `type` or `code`.
    case numberOutOfRange(TransportProtocol, field: String, value: String)
    case malformedRemote(String)
    case prefixTooLong(String, maximum: Int)
    case hostBitsSet(String, network: IPPrefix)
    case namelessGroup
    case familyMismatch(Service, IPPrefix)

    /// What is wrong, with the value seen.
    package var message: String {
        switch self {
        case .shape(let text), .aclShape(let text): "\"\(text)\" is not a rule"
        case .unknownAction(let word): "\"\(word)\" is not an action"
        case .unknownDirection(let word): "\"\(word)\" is not a direction"
        case .wrongPreposition(let word, let direction): "\"\(word)\" cannot follow \(direction.rawValue)"
        case .unknownProtocol(let word): "\"\(word)\" is not a protocol"
        case .excessParts(let service, _): "service \"\(service)\" has too many parts"
        case .portsWithoutPorts(let transport, let ports):
            "protocol \(transport) has no ports, but \"\(ports)\" is given"
        case .malformedPorts(let ports, _): "\"\(ports)\" is neither a port nor a range of ports"
        case .portOutOfRange(let port): "port \(port) is out of range"
        case .portZero(let transport): "\(transport)/0 names the reserved port 0"
        case .reversedPorts(_, let from, let to): "port range \(from)-\(to) is reversed"
        case .numberOutOfRange(let transport, let field, let value): "\(transport) \(field) \"\(value)\" is not 0-255"
        case .malformedRemote(let text): "\"\(text)\" is neither any, an address, a prefix nor group:NAME"
        case .prefixTooLong(let text, _): "prefix \(text) is too long"
        case .hostBitsSet(let text, let network): "prefix \(text) has bits set beyond its first \(network.length)"
        case .namelessGroup: "\"group:\" names no group"
        case .familyMismatch(let service, let prefix):
            "\(service) never travels in \(prefix.family.name), but \(Remote.prefix(prefix)) is given"
        }
    }

    /// What to write in its place.
    package var mend: String {
        switch self {
        case .shape: "write \"ingress SERVICE from REMOTE\" or \"egress SERVICE to REMOTE\""
        case .aclShape: "write \"allow|deny ingress|egress SERVICE from SOURCE [port PORTS] to TARGET\""
        case .unknownAction: "write allow or deny"
        case .unknownDirection: "write ingress or egress"
        case .wrongPreposition(_, let direction): "write \(direction.rawValue) SERVICE \(direction.preposition) REMOTE"
        case .unknownProtocol: "write any, tcp, udp, icmp, icmpv6, or another protocol's name or number (0-255)"
        case .excessParts(_, let accepted): "write \(accepted)"
        case .portsWithoutPorts(let transport, _): "write \(transport)"
        case .malformedPorts(_, let transport): "write \(transport)/443 or \(transport)/5000-5010"
        case .portOutOfRange: "ports end at 65535"
        case .portZero(let transport): "write \(transport) for every port"
        case .reversedPorts(let transport, let from, let to): "write \(transport)/\(to)-\(from)"
        case .numberOutOfRange(let transport, let field, _):
            field == "type" ? "write \(transport)/TYPE" : "write \(transport)/TYPE/CODE"
        case .malformedRemote: "write any, 10.1.1.10, 10.1.0.0/16, fd00:1::/48 or group:NAME"
        case .prefixTooLong(_, let maximum): "use a length of at most \(maximum)"
        case .hostBitsSet(_, let network): "write \(network)"
        case .namelessGroup: "write group:NAME"
        case .familyMismatch(let service, _):
            switch service.family {
            case .ipv4: "write icmpv6, or an IPv4 prefix"
            case .ipv6: "write icmp, or an IPv6 prefix"
            // A header of IPv6 that stands before others.
            case nil: "write an IPv4 prefix"
            }
        }
    }
}

extension Direction {
    /// The word before the remote of a rule of this direction.
    var preposition: String { self == .ingress ? "from" : "to" }
}
