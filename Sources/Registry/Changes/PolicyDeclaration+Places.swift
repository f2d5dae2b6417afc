import Model

extension PolicyDeclaration {
    /// Refuses a file that is for another region, or that names zones which are not there.
    func checkPlaces() throws {
        for bridge in policy.bridges ?? [] {
            throw RegistryError(
                .invalid(.body),
                "bridges: \(bridge.name): a control plane does not keep what is said of a host's bridges; leave bridges "
                    + "out, and apply them on a host that no control plane governs")
        }
        if let assertion = policy.assertions?.first {
            throw RegistryError(
                .invalid(.body),
                "assertions: \(assertion.text): a control plane does not keep assertions; `gatehouse apply` checks them "
                    + "before it sends the rest of the file")
        }
        try checkEnterprise()
        for vpc in policy.vpcs {
            for subnet in vpc.subnets where subnet.dhcp != nil {
                throw RegistryError(
                    .invalid(.body),
                    "subnet \(vpc.name)/\(subnet.name): a control plane gives every address, and learns none from leases; leave "
                        + "dhcp out, and give each interface an address")
            }
        }
        if let wanted = policy.region, wanted != region.name {
            throw RegistryError(
                .invalid(.body),
                "region \(wanted): this control plane serves \(region.name); write region: \(region.name), or leave it out"
            )
        }
        for subnet in policy.vpcs.flatMap(\.subnets) {
            guard let zone = subnet.zone, !region.zones.contains(zone) else { continue }
            throw RegistryError(
                .invalid(.body),
                "subnet \(subnet.name): there is no zone \(zone); "
                    + Suggestion.mend(zone, among: region.zones, none: "leave it out"))
        }
    }

    /// Refuses another zone for a subnet that is there.
    func checkZone(_ subnet: Subnet, against present: StoredSubnet) throws {
        let zone = present.zone ?? region.firstZone
        guard let wanted = subnet.zone, wanted != zone else { return }
        throw RegistryError(
            .invalid(.body),
            "subnet \(subnet.name): it is in zone \(zone), and the zone of a subnet never changes; write zone: \(zone)")
    }
}
