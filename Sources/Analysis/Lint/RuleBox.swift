import Model

/// What one rule matches in one family, for whatever interfaces there may come to be.
///
/// Both ends are blocks; whether somebody is in a group is independent of his address.
struct RuleBox: Hashable, Sendable {
    /// The peer of a group's rule, the source of an ACL's.
    enum First: Hashable, Sendable {
        case block(IPPrefix)
        /// The members of a group, by its name.
        case group(String)
    }

    let first: First
    /// The near end of a group's rule, the target of an ACL's.
    let second: IPPrefix
    /// Number of a packet space.
    let space: Int32

    /// The block that holds whatever the first end may be.
    var outline: IPPrefix {
        switch first {
        case .block(let block): block
        case .group: .all(second.family)
        }
    }

    /// Whether it may match, by its ends, something of what the other matches, for all there is to know of groups.
    func touches(_ other: RuleBox) -> Bool {
        guard second.overlaps(other.second) else { return false }
        switch (first, other.first) {
        case (.block(let own), .block(let inner)): return own.overlaps(inner)
        case (.group(let own), .group(let inner)): return own == inner
        case (.block, .group): return true
        // That an address happens to be a member's covers no block.
        case (.group, .block): return false
        }
    }
}

extension RuleBox {
    /// A group's rule in a family; nil where it can match nothing of it.
    init?(_ rule: Rule, _ family: AddressFamily, _ pool: inout SpacePool) {
        guard rule.families.contains(family) else { return nil }
        let first: First =
            switch rule.remote {
            case .any: .block(.all(family))
            case .prefix(let prefix): .block(prefix)
            case .group(let name): .group(name)
            }
        self.init(
            first: first, second: rule.local ?? .all(family), space: pool.number(PacketSpace(rule.service, family)))
        if space == pool.empty(family) { return nil }
    }

    /// An ACL's rule in a family; nil where it can match nothing of it.
    init?(_ rule: ACLRule, _ family: AddressFamily, _ pool: inout SpacePool) {
        guard rule.families.contains(family) else { return nil }
        let space = PacketSpace(rule.service, sourcePorts: rule.sourcePorts, family)
        self.init(
            first: .block(rule.source ?? .all(family)), second: rule.target ?? .all(family),
            space: pool.number(space))
        if self.space == pool.empty(family) { return nil }
    }
}
