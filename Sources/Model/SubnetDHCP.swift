/// That interfaces of a subnet get addresses by DHCP where the policy gives none.
package struct SubnetDHCP: Hashable, Sendable, Codable {
    /// Servers that are not the host of the interface.
    package let servers: [IPAddress]

    package init(servers: [IPAddress] = []) { self.servers = servers }
}

extension Policy {
    /// The policy with the addresses that interfaces have learned; one that the policy gives is no less.
    package func leasing(_ leases: [Identifier<Interface>: IPAddress]) -> Policy {
        guard !leases.isEmpty else { return self }
        var policy = self
        for place in policy.vpcs.indices {
            for instance in policy.vpcs[place].instances.indices {
                for (number, interface) in policy.vpcs[place].instances[instance].interfaces.enumerated() {
                    guard interface.addresses.isEmpty, let address = leases[interface.id],
                        policy.vpcs[place].learns(interface)
                    else { continue }
                    policy.vpcs[place].instances[instance].interfaces[number] = interface.with(
                        addresses: [address], prefixes: interface.prefixes, pairs: interface.pairs)
                }
            }
        }
        return policy
    }
}

extension VPC {
    /// Whether an interface's address is learned from its lease.
    package func learns(_ interface: Interface) -> Bool {
        interface.addresses.isEmpty && subnets.first { $0.name == interface.subnet }?.dhcp != nil
    }
}
