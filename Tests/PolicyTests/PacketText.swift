import Model
import TestSupport

@testable import Policy

/// Packets as a person writes them: `tcp 10.0.0.1:40000 > 10.0.0.2:443`, `icmp 10.0.0.1 > 10.0.0.2 8/0`.
struct PacketText {
    let policy: Policy

    /// From the interface that owns the source, where one does, else from outside.
    func callAsFunction(_ text: String, flags: TCPFlags = .syn, echo: UInt16? = nil) throws -> Packet {
        let key = try self.key(text)
        let sender = policy.vpcs.flatMap(\.instances).flatMap(\.interfaces).first {
            $0.addresses.contains(key.initiator)
        }
        return Packet(key, from: sender.map { .interface($0.id) } ?? .outside, flags: flags, echoID: echo)
    }

    /// From the interface of an instance, whatever the source.
    func callAsFunction(_ text: String, by instance: String) throws -> Packet {
        Packet(try key(text), from: .interface(try policy.interface(instance).id))
    }

    func key(_ text: String) throws -> FlowKey {
        let words = text.split(separator: " ").map(String.init)
        guard words.count >= 4, let transport = TransportProtocol(words[0]) else { throw MissingFixture(name: text) }
        let (source, sourcePort) = try end(words[1])
        let (target, targetPort) = try end(words[3])
        let message = words.count > 4 ? words[4].split(separator: "/").compactMap { UInt16($0) } : []
        let (first, last) = message.count == 2 ? (message[0], message[1]) : (sourcePort, targetPort)
        return FlowKey(
            initiator: source, target: target, transport: transport, initiatorPort: first, targetPort: last)
    }

    /// `10.0.0.1:80`, `[fd00::1]:80`, or an address alone.
    private func end(_ text: String) throws -> (IPAddress, UInt16) {
        if let address = IPAddress(text) { return (address, 0) }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            let address = IPAddress(text[..<colon].filter { $0 != "[" && $0 != "]" })
        else { throw MissingFixture(name: text) }
        return (address, port)
    }
}

extension Revision {
    /// A leg as a person writes it: `egress a accept: egress any to any`.
    func describe(_ judgement: Judgement) -> [String] {
        let placements = Dictionary(policy.placements.map { ($0.interface, $0) }) { first, _ in first }
        let rules = Dictionary(ruleReferences.map { ($0.id, $0.text) }) { first, _ in first }
        return judgement.legs.map { leg in
            "\(leg.direction.rawValue) \(placements[leg.interface]?.instanceName ?? "?") \(leg.verdict.rawValue): "
                + (rules[leg.rule] ?? "?")
        }
    }
}
