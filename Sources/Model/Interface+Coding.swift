/// An interface without blocks and pairs is written as before there were any, and read so.
extension Interface {
    private enum CodingKeys: String, CodingKey {
        case id
        case name
        case subnet
        case addresses
        case prefixes
        case pairs
        case mac
        case device
        case project
        case projectName
        case groups
        case mode
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(Identifier<Interface>.self, forKey: .id),
            name: try container.decode(String.self, forKey: .name),
            subnet: try container.decode(String.self, forKey: .subnet),
            addresses: try container.decode([IPAddress].self, forKey: .addresses),
            prefixes: try container.decodeIfPresent([IPPrefix].self, forKey: .prefixes) ?? [],
            pairs: try container.decodeIfPresent([AddressPair].self, forKey: .pairs) ?? [],
            mac: try container.decodeIfPresent(MACAddress.self, forKey: .mac),
            device: try container.decodeIfPresent(String.self, forKey: .device),
            project: try container.decodeIfPresent(String.self, forKey: .project),
            projectName: try container.decodeIfPresent(String.self, forKey: .projectName),
            groups: try container.decode([String].self, forKey: .groups),
            mode: try container.decodeIfPresent(JudgingMode.self, forKey: .mode))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(subnet, forKey: .subnet)
        try container.encode(addresses, forKey: .addresses)
        if !prefixes.isEmpty { try container.encode(prefixes, forKey: .prefixes) }
        if !pairs.isEmpty { try container.encode(pairs, forKey: .pairs) }
        try container.encodeIfPresent(mac, forKey: .mac)
        try container.encodeIfPresent(device, forKey: .device)
        try container.encodeIfPresent(project, forKey: .project)
        try container.encodeIfPresent(projectName, forKey: .projectName)
        try container.encode(groups, forKey: .groups)
        try container.encodeIfPresent(mode, forKey: .mode)
    }
}
