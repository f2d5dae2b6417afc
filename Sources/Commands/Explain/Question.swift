import Model
import Policy
import PolicyFiles

/// A session that somebody asks about, as its first packet.
struct Question {
    let packet: Packet
    let source: String
    let target: String

    /// Reads what was given on the command line, by the names of a revision.
    ///
    /// Of several addresses the first pair of one family is taken, in the order of the policy.
    init(source: String, target: String, service: String, revision: Revision) throws {
        let wanted = try Self.service(service)
        let from = try Self.addresses(source, "source", revision)
        let to = try Self.addresses(target, "target", revision)
        for initiator in from {
            for goal in to where goal.family == initiator.family && (wanted.family ?? goal.family) == goal.family {
                self.init(key: Self.key(wanted, initiator, goal), sentBy: nil, revision)
                return
            }
        }
        throw NotFound(
            "source \(source), target \(target): they have no addresses of one family that carries \(service); name "
                + "addresses")
    }

    /// - Parameters:
    ///   - key: The session.
    ///   - sender: The interface that sent it, where that is known.
    ///   - revision: Whose names and interfaces are meant.
    init(key: FlowKey, sentBy sender: Identifier<Interface>?, _ revision: Revision) {
        let placements = revision.policy.placements
        let owner = placements.owner(of: key.initiator)
        packet = Packet(key, from: (sender ?? owner?.interface).map { .interface($0) } ?? .outside)
        source = Self.name(key.initiator, owner)
        target = Self.name(key.target, placements.owner(of: key.target))
    }

    private static func name(_ address: IPAddress, _ placement: Placement?) -> String {
        placement.map { "\($0.label) (\(address))" } ?? "\(address)"
    }

    /// Reads a service by the policy file's grammar; ports and types must be single ones.
    private static func service(_ text: String) throws -> Service {
        let service: Service
        do {
            service = try RuleText(parsing: "ingress \(text) from any").service
        } catch {
            throw NotFound("service \"\(text)\": \(error); write tcp/443, udp/53, icmp/8 or gre")
        }
        switch service {
        case .any, .icmpTCPUDP:
            throw NotFound("service \"\(text)\": a session has one protocol; write tcp/443, udp/53, icmp/8 or gre")
        case .transport(let transport, nil) where transport.hasPorts:
            throw NotFound("service \"\(text)\": the port is missing; write \(transport)/443")
        case .transport(let transport, .some(let ports)) where ports.lower != ports.upper:
            throw NotFound("service \"\(text)\": a session has one port; write \(transport)/\(ports.lower)")
        default: return service
        }
    }

    private static func addresses(_ text: String, _ field: String, _ revision: Revision) throws -> [IPAddress] {
        if let address = IPAddress(text) { return [address] }
        let placements = revision.policy.placements
        let found = placements.filter { [$0.label, $0.instanceName, "\($0.vpcName)/\($0.label)"].contains(text) }
        guard let first = found.first else {
            let known = placements.prefix(5).map(\.label).joined(separator: ", ")
            throw NotFound(
                "\(field) \"\(text)\": neither an address nor an interface of revision \(revision.number); it has "
                    + (known.isEmpty ? "none" : placements.count > 5 ? "\(known), …" : known))
        }
        if let other = found.first(where: { $0.vpc != first.vpc }) {
            throw NotFound(
                "\(field) \"\(text)\": there is one in vpc \(first.vpcName) and one in \(other.vpcName); write "
                    + "\(first.vpcName)/\(first.label)")
        }
        return found.flatMap(\.addresses)
    }

    private static func key(_ service: Service, _ initiator: IPAddress, _ target: IPAddress) -> FlowKey {
        switch service {
        case .any, .icmpTCPUDP: FlowKey(initiator: initiator, target: target, transport: .tcp)
        case .transport(let transport, let ports):
            // The first of the ports that nobody is assigned: no rule asks for it.
            FlowKey(
                initiator: initiator, target: target, transport: transport,
                initiatorPort: transport.hasPorts ? 49_152 : 0, targetPort: ports?.lower ?? 0)
        case .icmp(let transport, let type, let code):
            FlowKey(
                initiator: initiator, target: target, transport: transport,
                initiatorPort: UInt16(type ?? (transport == .icmp ? 8 : 128)), targetPort: UInt16(code ?? 0))
        }
    }
}

extension [Placement] {
    /// Whose an address is: what is had singly comes before what lies in a block.
    fileprivate func owner(of address: IPAddress) -> Placement? {
        first { $0.addresses.contains(address) } ?? first { $0.has(address) }
    }
}
