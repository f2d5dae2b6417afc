import Service

/// Ceilings of the VPC API; going over one is `over_quota`.
package struct VPCQuotas: Sendable {
    package var groupsPerVPC = 100
    package var rulesPerGroup = 250
    /// A VPC's default group is exempt.
    package var targetsPerGroup = 1000
    package var groupsPerTarget = 5
    package var aclsPerVPC = 100
    package var rulesPerACL = 200

    package init() {}

    /// The ceilings by the names that settings have for them.
    private static let names: [String: any WritableKeyPath<VPCQuotas, Int> & Sendable] = [
        "groups-per-vpc": \.groupsPerVPC, "rules-per-group": \.rulesPerGroup, "targets-per-group": \.targetsPerGroup,
        "groups-per-target": \.groupsPerTarget, "acls-per-vpc": \.aclsPerVPC, "rules-per-acl": \.rulesPerACL,
    ]

    package static var known: String { names.keys.sorted().joined(separator: ", ") }

    /// Sets a ceiling by its name; false where there is none of it.
    package mutating func set(_ name: String, to number: Int) -> Bool {
        guard let path = Self.names[name] else { return false }
        self[keyPath: path] = number
        return true
    }

    func check(_ quota: KeyPath<VPCQuotas, Int>, _ count: Int, _ what: String) throws(VPCError) {
        guard count > self[keyPath: quota] else { return }
        throw VPCError(.overQuota, "\(what): \(count) would be more than the quota of \(self[keyPath: quota]).")
    }
}
