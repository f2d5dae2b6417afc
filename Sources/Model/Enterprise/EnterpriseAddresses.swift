/// The addresses that ends and scopes of enterprise rules mean, by what interfaces have at present.
///
/// What one interface has as a single address is in nobody else's block, and of blocks the longest is the owner's: an address has
/// one holder, as everywhere in the policy.
package struct EnterpriseAddresses {
    private struct Holder {
        let vpc: String
        let subnet: String
        let instance: String
        let groups: [String]
        let project: String
        let addresses: [IPAddress]
        let prefixes: [IPPrefix]
    }

    private let policy: Policy
    private var holders: [Holder] = []
    private var known: [EnterpriseElement: AddressRanges] = [:]
    private var knownLists: [ListKey: AddressRanges] = [:]

    /// Many rules name the same thousands: what they are is found once.
    private struct ListKey: Hashable {
        let elements: [EnterpriseElement]

        func hash(into hasher: inout Hasher) {
            hasher.combine(elements.count)
            hasher.combine(elements.first)
            hasher.combine(elements.last)
        }
    }

    /// * `policy`: with what each interface has at present (`Policy.holding`).
    package init(_ policy: Policy) {
        self.policy = policy
        for vpc in policy.vpcs {
            for instance in vpc.instances {
                for interface in instance.interfaces {
                    holders.append(
                        Holder(
                            vpc: vpc.name, subnet: interface.subnet, instance: instance.name,
                            groups: interface.groups, project: interface.project ?? policy.project,
                            addresses: interface.allAddresses, prefixes: interface.allPrefixes))
                }
            }
        }
    }

    /// What an end names; nil where it means every address. Of `noneOf` these are the ones that it does not mean.
    package mutating func ranges(_ end: EnterpriseEnd) -> AddressRanges? {
        if case .any = end { return nil }
        let key = ListKey(elements: end.elements)
        if let found = knownLists[key] { return found }
        var prefixes: [IPPrefix] = []
        var found = AddressRanges()
        for element in end.elements {
            if case .prefix(let prefix) = element {
                prefixes.append(prefix)
            } else {
                found = found.union(ranges(element))
            }
        }
        found = found.union(AddressRanges(prefixes))
        knownLists[key] = found
        return found
    }

    /// What the interfaces of a scope have; nil where it is all.
    package mutating func ranges(_ scope: EnterpriseScope?) -> AddressRanges? {
        guard let scope else { return nil }
        return held {
            (scope.projects.isEmpty || scope.projects.contains($0.project))
                && (scope.vpcs.isEmpty || scope.vpcs.contains($0.vpc))
        }
    }

    private mutating func ranges(_ element: EnterpriseElement) -> AddressRanges {
        if let found = known[element] { return found }
        let found: AddressRanges
        switch element {
        case .prefix(let prefix): found = AddressRanges([prefix])
        case .vpc(let name):
            let blocks = policy.vpcs.filter { $0.name == name }.flatMap(\.prefixes)
            found = AddressRanges(blocks).union(held { $0.vpc == name })
        case .subnet(let vpc, let name):
            let subnets = policy.vpcs.filter { $0.name == vpc }.flatMap(\.subnets).filter { $0.name == name }
            found = AddressRanges(subnets.flatMap(\.prefixes)).union(held { $0.vpc == vpc && $0.subnet == name })
        case .group(let vpc, let name):
            let groups = policy.vpcs.filter { $0.name == vpc }.flatMap(\.groups).filter { $0.name == name }
            let elsewhere = AddressRanges(groups.flatMap(\.membersElsewhere).map { IPPrefix($0) })
            let here = elsewhere.isEmpty ? elsewhere : elsewhere.subtracting(held { _ in true })
            found = here.union(held { $0.vpc == vpc && $0.groups.contains(name) })
        case .instance(let vpc, let name):
            found = held { $0.vpc == vpc && $0.instance == name }
        }
        known[element] = found
        return found
    }

    /// What some interfaces have, and no other has more closely.
    private func held(_ isWanted: (Holder) -> Bool) -> AddressRanges {
        let wanted = holders.map(isWanted)
        var blocks: [(prefix: IPPrefix, isWanted: Bool)] = []
        for (holder, isWanted) in zip(holders, wanted) { blocks += holder.prefixes.map { ($0, isWanted) } }
        let singles = AddressRanges(zip(holders, wanted).filter(\.1).flatMap { $0.0.addresses.map { IPPrefix($0) } })
        guard blocks.contains(where: \.isWanted) else { return singles }
        var found = AddressRanges()
        for (_, level) in Dictionary(grouping: blocks, by: { $0.prefix.length }).sorted(by: { $0.key < $1.key }) {
            found = found.subtracting(AddressRanges(level.filter { !$0.isWanted }.map(\.prefix)))
                .union(AddressRanges(level.filter(\.isWanted).map(\.prefix)))
        }
        let others = AddressRanges(
            zip(holders, wanted).filter { !$0.1 }.flatMap { $0.0.addresses.map { IPPrefix($0) } })
        return found.subtracting(others).union(singles)
    }
}
