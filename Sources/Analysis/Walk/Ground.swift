import Model

/// The numbers that policies share which are analysed together.
struct Ground: Sendable {
    private struct GroupKey: Hashable, Sendable {
        let vpc: Identifier<VPC>
        let name: String
    }

    var walk = Walk()
    var prefixes = PrefixNumbers()
    private var groupNumbers = Numbering<GroupKey>()

    mutating func group(_ name: String, _ vpc: VPC) -> Int32 {
        groupNumbers.number(GroupKey(vpc: vpc.id, name: name))
    }

    /// The table of the rules of one direction that packets of a family can match.
    mutating func table(_ rules: [Rule], _ family: AddressFamily, _ vpc: VPC) -> Int32 {
        let empty = walk.pool.empty(family)
        var table = RuleTable(any: empty)
        let names = Set(vpc.groups.map(\.name))
        for rule in rules {
            let space = walk.pool.number(PacketSpace(rule.service, family))
            switch rule.remote {
            case .any: table.any = walk.pool.combine(table.any, space, .union)
            case .prefix(let prefix):
                let key = prefixes.add(prefix)
                table.prefixes[key] = walk.pool.combine(table.prefixes[key] ?? empty, space, .union)
            case .group(let name):
                // Nobody is in a group that is not there.
                guard names.contains(name) else { continue }
                let key = group(name, vpc)
                table.groups[key] = walk.pool.combine(table.groups[key] ?? empty, space, .union)
            }
        }
        return walk.tables.number(table)
    }

    /// The edge of a subnet that has a network ACL.
    mutating func edge(_ acl: NetworkACL, _ subnet: Subnet) -> Int32 {
        var rules: [Edge.Rule] = []
        for rule in acl.rules {
            var spaces: [AddressFamily: Int32] = [:]
            for family in rule.families {
                spaces[family] = walk.pool.number(
                    PacketSpace(rule.service, sourcePorts: rule.sourcePorts, family))
            }
            rules.append(
                Edge.Rule(
                    isAllowed: rule.action == .allow, direction: rule.direction, spaces: spaces,
                    source: rule.source.map { prefixes.add($0) }, target: rule.target.map { prefixes.add($0) }))
        }
        return walk.edges.number(Edge(subnet: subnet.prefixes.map { prefixes.add($0) }.sorted(), rules: rules))
    }
}
