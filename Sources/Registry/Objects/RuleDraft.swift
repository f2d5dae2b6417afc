package import Model

/// A rule as a client asks for it, before it is checked and spelled canonically.
///
/// The checks come in the order of the Neutron API, so that a request that is wrong twice gets the error that clients expect.
package struct RuleDraft: Sendable {
    package var groupID: String
    package var direction: String
    package var etherType: String
    package var protocolText: String?
    package var portMin: Int?
    package var portMax: Int?
    package var remotePrefix: String?
    package var remoteGroupID: String?
    package var description: String
    /// The near end's addresses; nil is all that the interface has.
    package var localPrefix: String?
    /// The rule's name on the VPC API.
    package var label: String?

    package init(
        groupID: String, direction: String, etherType: String = "IPv4", protocolText: String? = nil,
        portMin: Int? = nil, portMax: Int? = nil, remotePrefix: String? = nil, remoteGroupID: String? = nil,
        description: String = "", localPrefix: String? = nil, label: String? = nil
    ) {
        self.groupID = groupID
        self.direction = direction
        self.etherType = etherType
        self.protocolText = protocolText
        self.portMin = portMin
        self.portMax = portMax
        self.remotePrefix = remotePrefix
        self.remoteGroupID = remoteGroupID
        self.description = description
        self.localPrefix = localPrefix
        self.label = label
    }

    /// Protocols that IPv4 packets never carry, by name and number.
    private static let onlyIPv6: Set<String> = [
        "ipv6-icmp", "icmpv6", "ipv6-encap", "ipv6-frag", "ipv6-nonxt", "ipv6-opts", "ipv6-route", "58", "41", "44",
        "59", "60", "43",
    ]

    /// ICMP, TCP and UDP together: what the VPC API calls so, and Neutron's clients read as it is.
    package static let icmpTCPUDP = "icmp_tcp_udp"

    /// Checks everything that needs no look at other objects, and spells the rule canonically.
    package mutating func canonicalise() throws {
        try canonicaliseProtocol()
        try checkPorts()
        try checkFamily()
        guard remotePrefix == nil || remoteGroupID == nil else {
            throw RegistryError(.invalid(.severalRemotes), "Only remote_ip_prefix or remote_group_id may be provided.")
        }
    }

    private mutating func canonicaliseProtocol() throws {
        guard let text = protocolText?.lowercased(), text != "any" else {
            protocolText = nil
            return
        }
        guard text != Self.icmpTCPUDP else {
            protocolText = text
            return
        }
        guard TransportProtocol(text) != nil || text == "ip", Int(text).map({ (0...255).contains($0) }) ?? true else {
            throw RegistryError(
                .invalid(.ruleProtocol),
                "Security group rule protocol \(text) not supported. Only protocol values of names such as tcp, udp, "
                    + "icmp, ipv6-icmp, sctp and integer values [0 to 255] are supported.")
        }
        protocolText = text
        guard etherType == "IPv6" else { return }
        if text == "icmp" || text == "icmpv6" { protocolText = "ipv6-icmp" }
        if text == "1" { protocolText = "58" }
    }

    /// The protocol's number; nil for every protocol.
    package var transport: TransportProtocol? {
        protocolText == "ip" ? TransportProtocol(rawValue: 0) : protocolText.flatMap { TransportProtocol($0) }
    }

    private mutating func checkPorts() throws {
        guard portMin != nil || portMax != nil else { return }
        if portMin == 1, portMax == 65_535, transport?.isICMP != true {
            // Every port: the same as none given.
            if transport != nil {
                (portMin, portMax) = (nil, nil)
                return
            }
        }
        guard let transport else {
            throw RegistryError(
                .invalid(.protocolRequired),
                "Must also specify protocol if port range is given.")
        }
        if transport.isICMP { return try checkICMP() }
        guard transport.hasPorts else {
            throw RegistryError(
                .invalid(.protocolForPort),
                "Invalid protocol \(protocolText ?? "") for port range, only supported for TCP, UDP, UDPLITE, SCTP and "
                    + "DCCP.")
        }
        if portMin == 0 || portMax == 0 {
            throw RegistryError(.invalid(.port), "Invalid value for port 0")
        }
        guard let low = portMin, let high = portMax, low <= high else {
            throw RegistryError(
                .invalid(.portRange), "For TCP/UDP protocols, port_range_min must be <= port_range_max")
        }
    }

    private func checkICMP() throws {
        for (field, value) in [("port_range_min", portMin), ("port_range_max", portMax)] {
            guard let value, !(0...255).contains(value) else { continue }
            throw RegistryError(
                .invalid(.icmpValue),
                "Invalid value for ICMP \(field == "port_range_min" ? "type" : "code") (\(field)) \(value). "
                    + "It must be 0 to 255.")
        }
        if portMin == nil, let code = portMax {
            throw RegistryError(
                .invalid(.icmpTypeMissing),
                "ICMP code (port-range-max) \(code) is provided but ICMP type (port-range-min) is missing.")
        }
    }

    private func checkFamily() throws {
        for text in [remotePrefix, localPrefix].compactMap({ $0 }) {
            guard let prefix = Self.network(text) else {
                throw RegistryError(.invalid(.prefix), "Invalid CIDR \(text) given as IP prefix.")
            }
            guard prefix.family == (etherType == "IPv6" ? .ipv6 : .ipv4) else {
                throw RegistryError(
                    .invalid(.familyConflict), "Conflicting value ethertype \(etherType) for CIDR \(text)")
            }
        }
        if etherType == "IPv4", let text = protocolText, Self.onlyIPv6.contains(text) {
            throw RegistryError(
                .invalid(.protocolConflict), "Invalid ethertype \(etherType) for protocol \(text).")
        }
    }

    /// The network of an address or prefix, host bits cleared; nil where the text is neither.
    package static func network(_ text: String) -> IPPrefix? {
        do {
            return try IPPrefix(parsing: text)
        } catch .hostBitsSet(let network) {
            return network
        } catch {
            return nil
        }
    }

    /// What two rules share that do the same: everything but the description, spelled one way.
    package var identity: String {
        let network = remotePrefix.flatMap(Self.network)
        // 0.0.0.0/0, ::/0 and no remote are the same.
        let remote = network.map { $0.length == 0 ? "" : "\($0)" } ?? ""
        let number = transport.map { "\($0.rawValue)" } ?? protocolText ?? "any"
        let ports = "\(portMin.map { "\($0)" } ?? "")-\(portMax.map { "\($0)" } ?? "")"
        let near = localPrefix.flatMap(Self.network).flatMap { $0.length == 0 ? nil : "\($0)" }
        let parts = [direction, etherType, number, ports, remote, remoteGroupID ?? ""] + (near.map { [$0] } ?? [])
        return parts.joined(separator: "|")
    }
}
