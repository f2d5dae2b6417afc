import Model

extension PolicyDeclaration {
    /// Refuses what a control plane does not keep: the enterprise policy, modes, and sinks.
    func checkEnterprise() throws {
        func refuse(_ place: String, _ key: String) -> RegistryError {
            RegistryError(
                .invalid(.body),
                "\(place): a control plane does not keep \(key); leave \(key) out, and apply it on a host that no control "
                    + "plane governs")
        }
        if let rule = policy.enterprise?.first { throw refuse("enterprise: \(rule.name)", "the enterprise policy") }
        if let sink = policy.sinks?.first { throw refuse("sinks: \(sink.name)", "sinks") }
        for vpc in policy.vpcs {
            if vpc.mode != nil { throw refuse("vpc \(vpc.name): observe", "observe") }
            if vpc.collected != nil { throw refuse("vpc \(vpc.name): collect", "collect") }
            for group in vpc.groups where group.mode != nil {
                throw refuse("group \(vpc.name)/\(group.name): observe", "observe")
            }
            for instance in vpc.instances {
                for interface in instance.interfaces where interface.mode != nil {
                    throw refuse("interface \(vpc.name)/\(instance.name)/\(interface.name): observe", "observe")
                }
            }
        }
    }
}
