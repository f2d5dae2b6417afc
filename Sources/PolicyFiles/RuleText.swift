package import Model

/// The rule grammar of the policy file: `ingress|egress SERVICE from|to REMOTE [at LOCAL]`.
///
/// `Rule.text` writes what this reads; every rule read here is read again from its own text.
package struct RuleText: Hashable, Sendable {
    package let direction: Direction
    package let service: Service
    package let remote: Remote
    /// The near end's addresses; nil is all of the interface.
    package let local: IPPrefix?

    package init(parsing text: String) throws(RuleTextError) {
        let words = text.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
        guard words.count == 4 || words.count == 6 && words[4] == "at" else { throw .shape(text) }
        guard let direction = Direction(rawValue: words[0]) else { throw .unknownDirection(words[0]) }
        guard words[2] == direction.preposition else { throw .wrongPreposition(words[2], direction) }
        self.direction = direction
        self.service = try Self.service(words[1])
        self.remote = try Self.remote(words[3])
        self.local = try words.count == 6 ? Self.prefix(words[5]) : nil
        if case .prefix(let prefix) = remote, !service.isCarried(by: prefix.family) {
            throw .familyMismatch(service, prefix)
        }
    }

    /// The rule with this meaning.
    package func rule(id: Identifier<Rule>, description: String = "") -> Rule {
        Rule(id: id, direction: direction, service: service, remote: remote, local: local, description: description)
    }

    static func service(_ text: String) throws(RuleTextError) -> Service {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts[0] == "any" {
            guard parts.count == 1 else { throw .excessParts(service: text, accepted: "any") }
            return .any
        }
        if text == Service.icmpTCPUDP.description { return .icmpTCPUDP }
        guard parts[0].utf8.allSatisfy(isProtocolCharacter), let transport = TransportProtocol(parts[0]) else {
            throw .unknownProtocol(parts[0])
        }
        if transport.isICMP { return try icmp(transport, parts, text) }
        guard parts.count > 1 else { return .transport(transport, nil) }
        guard transport.hasPorts else {
            throw .portsWithoutPorts(transport, ports: parts[1...].joined(separator: "/"))
        }
        guard parts.count == 2 else {
            throw .excessParts(service: text, accepted: "\(transport)/PORT or \(transport)/PORT-PORT")
        }
        return .transport(transport, try ports(parts[1], transport))
    }

    private static func icmp(
        _ transport: TransportProtocol, _ parts: [String], _ text: String
    ) throws(RuleTextError) -> Service {
        guard parts.count <= 3 else {
            throw .excessParts(service: text, accepted: "\(transport), \(transport)/TYPE or \(transport)/TYPE/CODE")
        }
        var numbers: [UInt8] = []
        for (part, field) in zip(parts.dropFirst(), ["type", "code"]) {
            guard let number = decimal(part), let byte = UInt8(exactly: number) else {
                throw .numberOutOfRange(transport, field: field, value: part)
            }
            numbers.append(byte)
        }
        return .icmp(transport, type: numbers.first, code: numbers.count > 1 ? numbers[1] : nil)
    }

    static func ports(_ text: String, _ transport: TransportProtocol) throws(RuleTextError) -> PortRange {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2 else { throw .malformedPorts(text, transport) }
        var numbers: [UInt16] = []
        for end in ends {
            guard let number = decimal(end) else { throw .malformedPorts(text, transport) }
            guard let port = UInt16(exactly: number) else { throw .portOutOfRange(String(end)) }
            numbers.append(port)
        }
        guard let lower = numbers.first, let upper = numbers.last else { throw .malformedPorts(text, transport) }
        guard lower <= upper else { throw .reversedPorts(transport, from: lower, to: upper) }
        guard upper > 0 else { throw .portZero(transport) }
        return PortRange(lower, upper)
    }

    private static func remote(_ text: String) throws(RuleTextError) -> Remote {
        if text == "any" { return .any }
        if text.hasPrefix("group:") {
            let name = String(text.dropFirst("group:".count))
            guard !name.isEmpty else { throw .namelessGroup }
            return .group(name)
        }
        return .prefix(try prefix(text))
    }

    static func prefix(_ text: String) throws(RuleTextError) -> IPPrefix {
        do {
            return try IPPrefix(parsing: text)
        } catch {
            switch error {
            case .malformed: throw .malformedRemote(text)
            case .lengthOutOfRange(let maximum): throw .prefixTooLong(text, maximum: maximum)
            case .hostBitsSet(let network): throw .hostBitsSet(text, network: network)
            }
        }
    }

    /// Digits alone: `Int` would take a sign as well. What overflows reads as out of any range.
    private static func decimal(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text) ?? .max
    }

    private static func isProtocolCharacter(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "-")
    }
}
