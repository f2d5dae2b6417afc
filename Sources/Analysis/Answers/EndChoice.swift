package import Model

/// The ends that somebody asks about.
package enum EndChoice: Hashable, Sendable {
    /// Interfaces, by the names that answers use.
    case owners(Set<String>)
    /// All addresses that no interface has.
    case outside

    func holds(_ end: End?) -> Bool {
        switch self {
        case .owners(let owners): end.map { owners.contains($0.owner) } ?? false
        case .outside: end == nil
        }
    }

    /// The interfaces that a name stands for: `web-1/eth0`, `web-1`, `shop/web-1/eth0`, a group, an address, or `outside`.
    ///
    /// - Returns: nil where nothing has the name.
    package init?(_ name: String, in policy: Policy) {
        if name == "outside" {
            self = .outside
            return
        }
        let group = name.hasPrefix("group:") ? String(name.dropFirst("group:".count)) : name
        let address = IPAddress(name)
        var owners: Set<String> = []
        for vpc in policy.holding().vpcs {
            for instance in vpc.instances {
                for interface in instance.interfaces {
                    let label = "\(instance.name)/\(interface.name)"
                    let full = "\(vpc.name)/\(label)"
                    let has = address.map { address in
                        interface.allAddresses.contains(address)
                            || interface.allPrefixes.contains { $0.contains(address) }
                    }
                    if has ?? ([label, instance.name, full].contains(name) || interface.groups.contains(group)) {
                        owners.insert(full)
                    }
                }
            }
        }
        let isGroup = policy.vpcs.contains { $0.groups.contains { $0.name == group } }
        guard !owners.isEmpty || isGroup else { return nil }
        self = .owners(owners)
    }
}
