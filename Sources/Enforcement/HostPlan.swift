package import Model

/// What one host must enforce of a revision: its interfaces, the profiles they share, the groups' rules and members.
///
/// A profile is an ordered list of groups. Interfaces with the same list share one chain, so that ten thousand interfaces
/// cost ten thousand map elements and few chains.
package struct HostPlan: Equatable, Sendable {
    /// An interface bound to a device of this host.
    package struct Port: Equatable, Sendable {
        package let interface: Identifier<Interface>
        package let device: String
        package let addresses: [IPAddress]
        package let mac: MACAddress?
        /// Keys of its groups, in the interface's order.
        package fileprivate(set) var profile: [String]
    }

    /// A group with the names that its chains and sets get from its key.
    package struct Group: Equatable, Sendable {
        package let key: String
        package let rules: [PlannedRule]
        package let members: [IPAddress]
    }

    /// A rule with its index, and the key of the group that it names as its peer.
    package struct PlannedRule: Equatable, Sendable {
        package let index: UInt16
        package let rule: Rule
        package let peer: String?
    }

    package private(set) var ports: [Port]
    private let places: [String: Int]
    package let groups: [Group]

    /// Plans a revision.
    ///
    /// * `devices`: for each interface that this host has, the present name of its device.
    /// * `indexes`: gives each rule its index, allocating new ones.
    package init(
        _ policy: Policy, devices: [Identifier<Interface>: String], indexes: inout RuleIndexes
    ) throws(EnforcementError) {
        var ports: [Port] = []
        var groups: [Group] = []
        for vpc in policy.vpcs {
            var members: [String: [IPAddress]] = [:]
            let keys = Dictionary(vpc.groups.map { ($0.name, Self.key($0)) }, uniquingKeysWith: { first, _ in first })
            for interface in vpc.instances.flatMap(\.interfaces) {
                for group in interface.groups { members[group, default: []] += interface.addresses }
                guard let device = devices[interface.id] else { continue }
                ports.append(
                    Port(
                        interface: interface.id, device: device, addresses: interface.addresses, mac: interface.mac,
                        profile: interface.groups.compactMap { keys[$0] }))
            }
            for group in vpc.groups {
                var rules: [PlannedRule] = []
                for rule in group.rules {
                    let peer: String? = if case .group(let name) = rule.remote { keys[name] } else { nil }
                    rules.append(
                        PlannedRule(index: try indexes.index(of: rule.id, rule.direction), rule: rule, peer: peer))
                }
                groups.append(
                    Group(
                        key: Self.key(group), rules: rules,
                        members: ((members[group.name] ?? []) + group.membersElsewhere).sorted()))
            }
        }
        self.ports = ports
        places = Dictionary(ports.enumerated().map { ($1.device, $0) }, uniquingKeysWith: { first, _ in first })
        self.groups = groups
    }

    func place(ofDevice device: String) -> Int? { places[device] }

    mutating func setProfile(_ profile: [String], at place: Int) { ports[place].profile = profile }

    /// A change that leaves almost everything as it is.
    enum SmallChange {
        case membership(device: String, profile: [String])
        case rules([Group])
    }

    /// What differs, when it is one interface's groups or some groups' rules and nothing else.
    func smallChange(to next: HostPlan) -> SmallChange? {
        guard ports.count == next.ports.count, groups.count == next.groups.count,
            zip(groups, next.groups).allSatisfy({ $0.key == $1.key })
        else { return nil }
        let changed = zip(groups, next.groups).filter { $0.rules != $1.rules }.map(\.1)
        var moved: (device: String, profile: [String])?
        for (before, after) in zip(ports, next.ports) where before != after {
            var same = before
            same.profile = after.profile
            guard same == after, moved == nil, changed.isEmpty else { return nil }
            moved = (after.device, after.profile)
        }
        if let moved { return .membership(device: moved.device, profile: moved.profile) }
        guard zip(groups, next.groups).allSatisfy({ $0.members == $1.members }) else { return nil }
        return .rules(changed)
    }

    /// A name that nft takes and an operator recognises: `web_1a2b3c4d`.
    private static func key(_ group: SecurityGroup) -> String {
        let word = String(group.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }.prefix(40))
        return "\(word)_\(group.id.short)"
    }

    /// The chain of a profile, the same name for the same list of groups.
    package static func profileKey(_ groups: [String]) -> String {
        guard !groups.isEmpty else { return "none" }
        let id = Identifier<Port>(derivedFrom: "profile", groups.joined(separator: " "))
        return "\(groups.count == 1 ? groups[0] : "\(groups[0])_and_\(groups.count - 1)")_\(id.short)"
    }
}
