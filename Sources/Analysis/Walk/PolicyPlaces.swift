import Model
import Policy

/// Where the addresses are in one policy: whose they are, and what any stage asks about them.
struct PolicyPlaces: Sendable {
    /// One interface, by its place in the policy.
    struct Owner: Sendable {
        let vpc: Int
        let interface: Interface
        /// `web-1/eth0`.
        let label: String
        let profile: Int
        let edge: Int32?
    }

    /// The rules of interfaces that name the same groups.
    private struct Profile: Sendable {
        let rules: [Rule]
        /// The near ends that rules ask for.
        let locals: [IPPrefix]
        let groups: [Int32]
        let isStateless: Bool
    }

    private struct ProfileKey: Hashable {
        let vpc: Int
        let groups: [String]
    }

    private struct TableKey: Hashable {
        let profile: Int
        let family: AddressFamily
        let direction: Direction
        let locals: [Bool]
    }

    let policy: Policy
    private(set) var owners: [Owner] = []
    /// The owner of each single address.
    private(set) var singles: [IPAddress: Int] = [:]
    /// Blocks with their owners, the longest first.
    private(set) var blocks: [(prefix: IPPrefix, owner: Int)] = []
    /// Addresses that the host has on behalf of subnets.
    private(set) var gateways: Set<IPAddress>
    /// Of addresses that other hosts' interfaces have, their groups.
    private(set) var elsewhere: [IPAddress: [Int32]] = [:]
    /// The enterprise policy's list, and the sets of addresses that its rules ask about.
    private let enterprise: (list: Int32, sets: [(number: Int32, ranges: AddressRanges)])?
    private let observed: Set<Identifier<Interface>>
    private var profiles: [Profile] = []
    private var profileNumbers: [ProfileKey: Int] = [:]
    private var tableNumbers: [TableKey: Int32] = [:]

    init(_ policy: Policy, _ ground: inout Ground) {
        let policy = policy.holding().observing()
        self.policy = policy
        gateways = policy.gateways
        observed = policy.observedInterfaces
        enterprise = ground.enterprise(policy)
        for (number, vpc) in policy.vpcs.enumerated() { add(vpc, number, &ground) }
        blocks.sort { $0.prefix.length > $1.prefix.length }
    }

    private mutating func add(_ vpc: VPC, _ number: Int, _ ground: inout Ground) {
        var edges: [String: Int32] = [:]
        for subnet in vpc.subnets {
            guard let acl = vpc.acl(ofSubnet: subnet.name) else { continue }
            edges[subnet.name] = ground.edge(acl, subnet)
        }
        for group in vpc.groups {
            let key = ground.group(group.name, vpc)
            for address in group.membersElsewhere { elsewhere[address, default: []].append(key) }
        }
        for instance in vpc.instances {
            for interface in instance.interfaces {
                let profile = profile(interface.groups, vpc, number, &ground)
                let owner = owners.count
                owners.append(
                    Owner(
                        vpc: number, interface: interface, label: "\(instance.name)/\(interface.name)",
                        profile: profile, edge: edges[interface.subnet]))
                for address in interface.allAddresses where singles[address] == nil { singles[address] = owner }
                for prefix in interface.allPrefixes where !blocks.contains(where: { $0.prefix == prefix }) {
                    blocks.append((prefix, owner))
                }
            }
        }
    }

    private mutating func profile(_ names: [String], _ vpc: VPC, _ number: Int, _ ground: inout Ground) -> Int {
        let key = ProfileKey(vpc: number, groups: names)
        if let known = profileNumbers[key] { return known }
        let groups = names.compactMap { name in vpc.groups.first { $0.name == name } }
        let rules = groups.flatMap(\.rules)
        for rule in rules {
            if case .prefix(let prefix) = rule.remote { _ = ground.prefixes.add(prefix) }
        }
        let stateless = Set(vpc.groups.filter { !$0.isStateful }.map(\.name))
        profiles.append(
            Profile(
                rules: rules, locals: Array(Set(rules.compactMap(\.local))),
                groups: Set(groups.map { ground.group($0.name, vpc) }).sorted(),
                isStateless: names.first.map(stateless.contains) ?? false))
        profileNumbers[key] = profiles.count - 1
        return profiles.count - 1
    }

    /// The prefixes within which a block of an interface may be judged in several ways.
    var locals: [IPPrefix] { profiles.flatMap(\.locals) }

    /// Whose a block of addresses is, which no longer block or single address is within.
    func owner(_ block: IPPrefix) -> Int? {
        if block.isSingleAddress, let owner = singles[block.base] { return owner }
        return blocks.first { $0.prefix.contains(block) }?.owner
    }

    /// The place of a block of addresses that are alike, leaving out interfaces' single addresses unless it is one.
    ///
    /// All policies that are compared have been read into the ground before.
    mutating func place(of block: IPPrefix, _ ground: inout Ground) -> Int32 {
        guard let number = owner(block) else { return outsidePlace(of: block, &ground) }
        var place = Place(family: block.family)
        place.prefixes = ground.prefixes.around(block)
        let owner = owners[number]
        place.rules = Place.Rules(
            ingress: table(owner, block, .ingress, &ground), egress: table(owner, block, .egress, &ground),
            isStateless: profiles[owner.profile].isStateless)
        place.edge = owner.edge
        place.enterprise = enterprise(block, observes: observed.contains(owner.interface.id))
        place.groups = profiles[owner.profile].groups
        place.staysHere = IPPrefix.forMany.contains { $0.contains(block) }
        place.isLinkLocal = block.base.isLinkLocal
        return ground.walk.places.number(place)
    }

    /// The place of a block of which only those addresses are meant that no interface has.
    func outsidePlace(of block: IPPrefix, _ ground: inout Ground) -> Int32 {
        var place = Place(family: block.family)
        place.prefixes = ground.prefixes.around(block)
        place.enterprise = enterprise(block, observes: false)
        place.groups = (block.isSingleAddress ? elsewhere[block.base] : nil)?.sorted() ?? []
        place.staysHere =
            IPPrefix.forMany.contains { $0.contains(block) } || block.isSingleAddress && gateways.contains(block.base)
        return ground.walk.places.number(place)
    }

    /// Blocks are cut where sets of addresses begin and end: one address of a block tells of all.
    private func enterprise(_ block: IPPrefix, observes: Bool) -> Place.Enterprise? {
        enterprise.map { list, sets in
            Place.Enterprise(
                list: list, sets: sets.filter { $0.ranges.contains(block.base) }.map(\.number).sorted(),
                observes: observes)
        }
    }

    private mutating func table(
        _ owner: Owner, _ block: IPPrefix, _ direction: Direction, _ ground: inout Ground
    ) -> Int32 {
        let profile = profiles[owner.profile]
        let locals = profile.locals.map { $0.contains(block) }
        let key = TableKey(profile: owner.profile, family: block.family, direction: direction, locals: locals)
        if let known = tableNumbers[key] { return known }
        let usable = profile.rules.filter { rule in
            rule.direction == direction && rule.families.contains(block.family)
                && (rule.local.map { $0.contains(block) } ?? true)
        }
        let number = ground.table(usable, block.family, policy.vpcs[owner.vpc])
        tableNumbers[key] = number
        return number
    }
}
