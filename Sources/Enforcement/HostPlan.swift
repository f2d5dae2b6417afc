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
        /// What it has at present: single addresses, and blocks.
        package let addresses: [IPAddress]
        package let prefixes: [IPPrefix]
        /// What it may send from, and by which MAC.
        package let sources: [PermittedSource]
        /// What its pairs name, whether it has it or not; and what was claimed of it.
        package let pairs: [AddressPair]
        package let claimed: [IPAddress]
        /// Whether its subnet has DHCP, and which servers beyond the host may tell it its address.
        package let isTold: Bool
        package let servers: [IPAddress]
        package let mac: MACAddress?
        /// Whether the device is there. Until then its name is judged, and its addresses may be another host's.
        package let isHere: Bool
        /// The bridge that its device is a port of, where the interface is judged there; nil for a routed device.
        package let bridge: String?
        /// Bridges that it hung on since it is known: what was counted there is not forgotten.
        package let formerBridges: Set<String>
        /// Keys of its groups, in the interface's order.
        package fileprivate(set) var profile: [String]

        /// The addresses that are this host's.
        var ownAddresses: [IPAddress] { isHere ? addresses : [] }
        var ownPrefixes: [IPPrefix] { isHere ? prefixes.widest : [] }
        var ownSources: [PermittedSource] { isHere ? sources : [] }

        /// The blocks and single addresses that it may send from, by the MAC that they need; nil is any.
        var sourcesByMAC: [MACAddress?: [IPPrefix]] {
            Dictionary(grouping: sources, by: \.mac).mapValues { sources in
                sources.map(\.prefix).filter(\.isSingleAddress)
                    + sources.map(\.prefix).filter { !$0.isSingleAddress }.widest
            }
        }

        /// What is counted by bridge and address: also what it does not have at present, so that no count is lost when an address
        /// passes to another.
        var countedAddresses: Set<IPAddress> { Set(addresses + pairs.compactMap(\.address) + claimed) }

        /// Where packets of it are counted by bridge and address.
        var countedOn: Set<String> { formerBridges.union(bridge.map { [$0] } ?? []) }
    }

    /// A group with the names that its chains and sets get from its key.
    package struct Group: Equatable, Sendable {
        package let key: String
        package let rules: [PlannedRule]
        package let members: [IPAddress]
        package let memberPrefixes: [IPPrefix]
        /// nil where the group is stateful.
        package let refusals: Refusals?
    }

    /// Indexes of a stateless group's refusals by default, which are told by packet marks.
    package struct Refusals: Equatable, Sendable {
        package let egress: UInt16
        package let ingress: UInt16

        package subscript(_ direction: Direction) -> UInt16 { direction == .egress ? egress : ingress }
    }

    /// A rule with its index, and the key of the group that it names as its peer.
    package struct PlannedRule: Equatable, Sendable {
        package let index: UInt16
        package let rule: Rule
        package let peer: String?
    }

    /// The edge of a subnet that has interfaces here: the network ACLs that a packet must pass, usually one.
    package struct Edge: Equatable, Sendable {
        package let key: String
        /// The subnet's blocks: what stays within them is not asked.
        package let prefixes: [IPPrefix]
        package fileprivate(set) var lists: [EdgeList]
        package let devices: [String]
        package let addresses: [IPAddress]
        package let blocks: [IPPrefix]
    }

    /// A network ACL with its rules' indexes.
    package struct EdgeList: Equatable, Sendable {
        package let key: String
        package let rules: [PlannedACLRule]
        /// Indexes of the refusals by default.
        package let egressRefusal: UInt16
        package let ingressRefusal: UInt16
    }

    package struct PlannedACLRule: Equatable, Sendable {
        package let index: UInt16
        package let rule: ACLRule
    }

    /// A bridge of this host that interfaces hang on, or of which the policy says something.
    package struct Bridge: Equatable, Sendable {
        package let name: String
        /// Ports of it that are there.
        package let members: [String]
        /// Whether ports that no interface claims are refused.
        package let refusesUnknown: Bool
        /// Ports that lead out of the host.
        package let uplinks: [String]

        package init(name: String, members: [String], refusesUnknown: Bool = false, uplinks: [String] = []) {
            self.name = name
            self.members = members
            self.refusesUnknown = refusesUnknown
            self.uplinks = uplinks
        }
    }

    /// What is to be known of the host's bridges.
    package struct HostBridges: Equatable, Sendable {
        /// The bridge of each interface that hangs on one.
        package let attached: [Identifier<Interface>: String]
        /// Bridges that interfaces hung on since they are known.
        package let former: [Identifier<Interface>: Set<String>]
        package let bridges: [Bridge]

        package init(
            attached: [Identifier<Interface>: String] = [:], former: [Identifier<Interface>: Set<String>] = [:],
            bridges: [Bridge]
        ) {
            self.attached = attached
            self.former = former
            self.bridges = bridges
        }
    }

    /// nil where the host has no bridges, and needs no table of their ports.
    package let bridges: [Bridge]?
    /// Addresses of everybody in the subnets of interfaces that hang on bridges.
    package let broadcasts: [IPAddress]
    /// The number of each bridge that it says something of.
    let bridgeNumbers: [String: UInt32]
    /// Keys of the groups that interfaces on bridges have.
    let groupsOnBridges: Set<String>
    package private(set) var ports: [Port]
    private let places: [String: Int]
    package private(set) var groups: [Group]
    /// Keys of the groups that are stateless.
    private let stateless: Set<String>
    package private(set) var edges: [Edge]
    /// nil where no enterprise rule is in force.
    private(set) var enterprise: EnterprisePlan?

    /// Plans a revision.
    ///
    /// * `devices`: for each interface that this host has, the present name of its device.
    /// * `awaited`: those of them whose device is not there yet.
    /// * `held`: devices that may neither send nor get anything.
    /// * `bridges`: the host's; nil where it has none.
    /// * `claims`: who has what several may use, as far as it is known.
    /// * `counted`: addresses that interfaces had, which are counted for them still.
    /// * `indexes`: gives each rule its index, allocating new ones.
    package init(
        _ policy: Policy, devices: [Identifier<Interface>: String], awaited: Set<Identifier<Interface>> = [],
        held: [String] = [], bridges: HostBridges? = nil, claims: [IPAddress: AddressHolder] = [:],
        counted: [Identifier<Interface>: [IPAddress]] = [:],
        indexes: inout RuleIndexes
    ) throws(EnforcementError) {
        let pairs = policy.pairs
        let claimed = claims.keys.sorted()
        let policy = policy.holding(claims).observing()
        // Without an address or a group: nothing can be from it or for it.
        var ports = held.map {
            Port(
                interface: .held($0), device: $0, addresses: [], prefixes: [], sources: [], pairs: [], claimed: [],
                isTold: false, servers: [],
                mac: nil,
                isHere: true, bridge: nil,
                formerBridges: [], profile: [])
        }
        var groups: [Group] = []
        var edges: [Edge] = []
        var broadcasts: Set<IPAddress> = []
        for vpc in policy.vpcs {
            edges += try Self.edges(of: vpc, devices, awaited, &indexes)
            var members: [String: [IPAddress]] = [:]
            var memberPrefixes: [String: [IPPrefix]] = [:]
            let keys = Dictionary(vpc.groups.map { ($0.name, Self.key($0)) }, uniquingKeysWith: { first, _ in first })
            for interface in vpc.instances.flatMap(\.interfaces) {
                for group in interface.groups {
                    members[group, default: []] += interface.allAddresses
                    memberPrefixes[group, default: []] += interface.allPrefixes
                }
                guard let device = devices[interface.id] else { continue }
                if bridges?.attached[interface.id] != nil {
                    broadcasts.formUnion(vpc.subnets.first { $0.name == interface.subnet }?.prefixes.broadcasts ?? [])
                }
                ports.append(
                    Port(
                        interface: interface.id, device: device, addresses: interface.allAddresses,
                        prefixes: interface.allPrefixes,
                        sources: interface.sources, pairs: pairs[interface.id] ?? [],
                        claimed: (counted[interface.id] ?? [])
                            + (pairs[interface.id].map { own in
                                claimed.filter { address in own.contains { $0.prefix.contains(address) } }
                            } ?? []),
                        isTold: vpc.subnets.first { $0.name == interface.subnet }?.dhcp != nil,
                        servers: vpc.subnets.first { $0.name == interface.subnet }?.dhcp?.servers ?? [],
                        mac: interface.mac,
                        isHere: !awaited.contains(interface.id), bridge: bridges?.attached[interface.id],
                        formerBridges: bridges?.former[interface.id] ?? [],
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
                        members: ((members[group.name] ?? []) + group.membersElsewhere).sorted(),
                        memberPrefixes: (memberPrefixes[group.name] ?? []).widest,
                        refusals: try Self.refusals(of: group, &indexes)))
            }
        }
        self.ports = ports
        places = Dictionary(ports.enumerated().map { ($1.device, $0) }, uniquingKeysWith: { first, _ in first })
        self.groups = groups
        stateless = Set(groups.filter { $0.refusals != nil }.map(\.key))
        self.edges = edges
        enterprise = try EnterprisePlan(policy, indexes: &indexes)
        self.bridges = bridges?.bridges
        bridgeNumbers = BridgeNumber.numbers((bridges?.bridges ?? []).map(\.name) + ports.compactMap(\.bridge))
        groupsOnBridges = Set(ports.filter { $0.bridge != nil }.flatMap(\.profile))
        self.broadcasts = broadcasts.sorted()
    }

    private static func refusals(
        of group: SecurityGroup, _ indexes: inout RuleIndexes
    ) throws(EnforcementError) -> Refusals? {
        guard !group.isStateful else { return nil }
        return Refusals(
            egress: try indexes.index(of: group.defaultRefusal(.egress), .egress),
            ingress: try indexes.index(of: group.defaultRefusal(.ingress), .ingress))
    }

    /// Whether an interface with these groups is judged packet by packet; all of its groups are then of that kind.
    func isStateless(_ profile: [String]) -> Bool { profile.first.map(stateless.contains) ?? false }

    /// The ports whose groups are stateless.
    var statelessPorts: [Port] { stateless.isEmpty ? [] : ports.filter { isStateless($0.profile) } }

    /// The edges of a VPC's subnets; one whose ACL lets everything through has nothing in a packet's way.
    private static func edges(
        of vpc: VPC, _ devices: [Identifier<Interface>: String], _ awaited: Set<Identifier<Interface>>,
        _ indexes: inout RuleIndexes
    ) throws(EnforcementError) -> [Edge] {
        guard vpc.subnets.contains(where: { $0.acl != nil }) else { return [] }
        let here = Dictionary(
            grouping: vpc.instances.flatMap(\.interfaces).filter { devices[$0.id] != nil }, by: \.subnet)
        var edges: [Edge] = []
        for subnet in vpc.subnets {
            guard let interfaces = here[subnet.name], let acl = vpc.acl(ofSubnet: subnet.name), !acl.allowsAll else {
                continue
            }
            edges.append(
                Edge(
                    key: key(subnet.name, subnet.id.short), prefixes: subnet.prefixes,
                    lists: [try list(acl, &indexes)], devices: interfaces.compactMap { devices[$0.id] },
                    addresses: interfaces.filter { !awaited.contains($0.id) }.flatMap(\.allAddresses),
                    blocks: interfaces.filter { !awaited.contains($0.id) }.flatMap(\.allPrefixes).widest))
        }
        return edges
    }

    private static func list(_ acl: NetworkACL, _ indexes: inout RuleIndexes) throws(EnforcementError) -> EdgeList {
        var rules: [PlannedACLRule] = []
        for rule in acl.rules {
            rules.append(PlannedACLRule(index: try indexes.index(of: rule.id, rule.direction), rule: rule))
        }
        // The rules are part of the key: two states of one list can stand side by side.
        let content = Identifier<EdgeList>(derivedFrom: "acl", acl.id.description, "\(rules)")
        return EdgeList(
            key: key(acl.name, content.short), rules: rules,
            egressRefusal: try indexes.index(of: acl.defaultRefusal(.egress), .egress),
            ingressRefusal: try indexes.index(of: acl.defaultRefusal(.ingress), .ingress))
    }

    /// The plan with other edges.
    func with(_ edges: [Edge]) -> HostPlan {
        var plan = self
        plan.edges = edges
        return plan
    }

    /// The edges of two plans: where both have one, a packet must pass the ACLs of both.
    func edges(andOf next: HostPlan) -> [Edge] {
        let own = Dictionary(edges.map { ($0.key, $0) }) { first, _ in first }
        let known = Set(next.edges.map(\.key))
        return next.edges.map { edge in
            var both = edge
            for list in own[edge.key]?.lists ?? [] where !both.lists.contains(list) { both.lists.append(list) }
            return both
        } + edges.filter { !known.contains($0.key) }
    }

    func place(ofDevice device: String) -> Int? { places[device] }

    mutating func setProfile(_ profile: [String], at place: Int) { ports[place].profile = profile }

    /// A change that leaves almost everything as it is.
    enum SmallChange {
        case membership(device: String, profile: [String])
        case rules([Group])
        /// Other enterprise rules, where there were some.
        case enterprise(EnterprisePlan)
        /// Some ports come, go or hang elsewhere: the plans of these alone.
        case ports(PortChange)
    }

    /// What differs, when it is one interface's groups, some groups' rules, or some ports, and nothing else.
    func smallChange(to next: HostPlan) -> SmallChange? {
        // The most frequent ones first: ports cost a look at each of them by its name.
        changeOfGroups(to: next) ?? changeOfEnterprise(to: next) ?? PortChange(from: self, to: next).map { .ports($0) }
    }

    private func changeOfEnterprise(to next: HostPlan) -> SmallChange? {
        guard enterprise != nil, let wanted = next.enterprise else { return nil }
        var same = self
        same.enterprise = wanted
        return same == next ? .enterprise(wanted) : nil
    }

    private func changeOfGroups(to next: HostPlan) -> SmallChange? {
        guard edges == next.edges, enterprise == next.enterprise, bridges == next.bridges,
            broadcasts == next.broadcasts,
            ports.count == next.ports.count, groups.count == next.groups.count,
            zip(groups, next.groups).allSatisfy({ $0.key == $1.key && $0.refusals == $1.refusals })
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
        // What goes to many on a bridge has lists of its own, and peers of their rules.
        guard bridges == nil,
            zip(groups, next.groups).allSatisfy({ $0.members == $1.members && $0.memberPrefixes == $1.memberPrefixes })
        else { return nil }
        return .rules(changed)
    }

    /// The plan of some of its ports, and of some of each group's members, on the same bridges.
    func limited(to ports: [Port], members: [String: Set<IPAddress>]) -> HostPlan {
        var plan = self
        plan.ports = ports
        plan.groups = groups.map { group in
            let some = members[group.key] ?? []
            return Group(
                key: group.key, rules: group.rules, members: some.isEmpty ? [] : group.members.filter(some.contains),
                memberPrefixes: group.memberPrefixes, refusals: group.refusals)
        }
        return plan
    }

    /// A name that nft takes and an operator recognises: `web_1a2b3c4d`.
    private static func key(_ group: SecurityGroup) -> String { key(group.name, group.id.short) }

    private static func key(_ name: String, _ id: String) -> String {
        "\(String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }.prefix(40)))_\(id)"
    }

    /// The chain of a profile, the same name for the same list of groups.
    package static func profileKey(_ groups: [String]) -> String {
        guard !groups.isEmpty else { return "none" }
        let id = Identifier<Port>(derivedFrom: "profile", groups.joined(separator: " "))
        return "\(groups.count == 1 ? groups[0] : "\(groups[0])_and_\(groups.count - 1)")_\(id.short)"
    }
}

extension Policy {
    /// The pairs of each interface that has some.
    fileprivate var pairs: [Identifier<Interface>: [AddressPair]] {
        var pairs: [Identifier<Interface>: [AddressPair]] = [:]
        for vpc in vpcs {
            for interface in vpc.instances.flatMap(\.interfaces) where !interface.pairs.isEmpty {
                pairs[interface.id] = interface.pairs
            }
        }
        return pairs
    }
}

extension [IPPrefix] {
    /// The addresses of everybody, of which blocks of IPv4 have one unless they are too small.
    fileprivate var broadcasts: [IPAddress] {
        filter { $0.family == .ipv4 && $0.length < 31 }.map {
            IPAddress(ipv4: UInt32(truncatingIfNeeded: $0.base.low) | (1 << UInt32(32 - $0.length)) - 1)
        }
    }
}
