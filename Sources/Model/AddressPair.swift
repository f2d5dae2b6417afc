/// Addresses that an interface may use besides its own (Neutron: an allowed address pair).
///
/// That it may does not mean that it has them: see `Policy.holding`.
package struct AddressPair: Hashable, Sendable, Codable {
    /// One address, or a block of them.
    package let prefix: IPPrefix
    /// The only source MAC that lets them through; nil is the interface's own.
    package let mac: MACAddress?
    /// Whether somebody on another host has or may use one of them: then nobody has it here before he claims it.
    package let isShared: Bool

    package init(_ prefix: IPPrefix, mac: MACAddress? = nil, isShared: Bool = false) {
        self.prefix = prefix
        self.mac = mac
        self.isShared = isShared
    }

    /// The address, where it is one.
    package var address: IPAddress? { prefix.isSingleAddress ? prefix.base : nil }
}

extension AddressPair: CustomStringConvertible {
    package var description: String {
        (address.map(\.description) ?? "\(prefix)") + (mac.map { " at \($0)" } ?? "")
            + (isShared ? " (shared)" : "")
    }
}

extension AddressPair {
    private enum CodingKeys: String, CodingKey {
        case address
        case mac
        case shared
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(IPPrefix.self, forKey: .address),
            mac: try container.decodeIfPresent(MACAddress.self, forKey: .mac),
            isShared: try container.decodeIfPresent(Bool.self, forKey: .shared) ?? false)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(prefix, forKey: .address)
        try container.encodeIfPresent(mac, forKey: .mac)
        if isShared { try container.encode(isShared, forKey: .shared) }
    }
}

/// A source that an interface may send from, and the MAC that it must come with; nil is any.
package struct PermittedSource: Hashable, Sendable {
    package let prefix: IPPrefix
    package let mac: MACAddress?

    package init(_ prefix: IPPrefix, mac: MACAddress?) {
        self.prefix = prefix
        self.mac = mac
    }
}

extension Interface {
    /// The interface with other addresses and all else the same.
    package func with(addresses: [IPAddress], prefixes: [IPPrefix], pairs: [AddressPair]) -> Interface {
        Interface(
            id: id, name: name, subnet: subnet, addresses: addresses, prefixes: prefixes, pairs: pairs, mac: mac,
            device: device, project: project, projectName: projectName, groups: groups, mode: mode)
    }

    /// Its addresses and those single ones that its pairs name, each once.
    package var allAddresses: [IPAddress] {
        guard !pairs.isEmpty else { return addresses }
        var all = addresses
        for address in pairs.compactMap(\.address) where !all.contains(address) { all.append(address) }
        return all
    }

    /// Its blocks and those that its pairs name, each once.
    package var allPrefixes: [IPPrefix] {
        guard !pairs.isEmpty else { return prefixes }
        var all = prefixes
        for pair in pairs where !pair.prefix.isSingleAddress && !all.contains(pair.prefix) { all.append(pair.prefix) }
        return all
    }

    /// What it may send from, of what it has.
    package var sources: [PermittedSource] {
        addresses.map { PermittedSource(IPPrefix($0), mac: mac) } + prefixes.map { PermittedSource($0, mac: mac) }
            + pairs.map { PermittedSource($0.prefix, mac: $0.mac ?? mac) }
    }

    /// The MACs that answer for addresses of its pairs, where those are not its own.
    package var otherMACs: [IPAddress: MACAddress] {
        var macs: [IPAddress: MACAddress] = [:]
        for pair in pairs {
            guard let address = pair.address, let mac = pair.mac, !addresses.contains(address) else { continue }
            macs[address] = mac
        }
        return macs
    }
}
