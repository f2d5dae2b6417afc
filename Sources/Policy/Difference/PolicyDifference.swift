package import Model

/// What has to change to make one policy another: exactly, so that `old + difference == new`.
///
/// It is empty where the policies are equal, and nowhere else.
package struct PolicyDifference: Hashable, Sendable {
    /// A part that comes, goes, or says something else.
    package struct Change: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable {
            case added
            case removed
            case changed
        }

        package let address: PolicyPart.Address
        /// nil for a part that comes.
        package let before: PolicyPart?
        /// nil for a part that goes.
        package let after: PolicyPart?

        package var kind: Kind {
            switch (before, after) {
            case (nil, _): .added
            case (_, nil): .removed
            case (_, _): .changed
            }
        }
    }

    /// In the order of the policies: what stays or goes in its old order, then what comes.
    package private(set) var changes: [Change] = []
    /// A list that has another order than what stays, then what comes.
    package struct Order: Hashable, Sendable {
        package let siblings: PolicyPart.Siblings
        package let members: [PolicyPart.Address]
        /// Whether what stays has another order; otherwise what comes only stands among it.
        package let isShuffled: Bool
    }

    package private(set) var orders: [Order] = []

    package var isEmpty: Bool { changes.isEmpty && orders.isEmpty }

    package init(from old: Policy, to new: Policy) {
        let (old, new) = (PolicyOutline(old), PolicyOutline(new))
        compare(old, new, at: .root)
    }

    private mutating func compare(_ old: PolicyOutline, _ new: PolicyOutline, at address: PolicyPart.Address) {
        let (before, after) = (old.parts[address], new.parts[address])
        if before != after { changes.append(Change(address: address, before: before, after: after)) }
        for kind in PolicyPart.Kind.allCases {
            let former = old.members(address, kind)
            let latter = new.members(address, kind)
            guard !former.isEmpty || !latter.isEmpty else { continue }
            let (before, after) = (Set(former), Set(latter))
            let kept = former.filter(after.contains)
            let added = latter.filter { !before.contains($0) }
            for member in former + added { compare(old, new, at: member) }
            // Usual is that what stays keeps its order, and what is added comes behind it in its own.
            guard kept + added != latter else { continue }
            orders.append(
                Order(
                    siblings: PolicyPart.Siblings(parent: address, kind: kind), members: latter,
                    isShuffled: kept != latter.filter(before.contains)))
        }
    }
}

extension Policy {
    /// The policy that a difference makes of this one, which is the one that it is from.
    package static func + (policy: Policy, difference: PolicyDifference) -> Policy {
        var outline = PolicyOutline(policy)
        for change in difference.changes {
            outline.set(change.after, at: change.address)
            guard change.kind != .changed, let parent = change.address.parent else { continue }
            let siblings = PolicyPart.Siblings(parent: parent, kind: change.address.kind)
            let members = outline.order[siblings] ?? []
            outline.set(
                change.kind == .added
                    ? members + [change.address] : members.filter { $0 != change.address }, of: siblings)
        }
        for order in difference.orders { outline.set(order.members, of: order.siblings) }
        return outline.policy
    }
}

extension PolicyPart.Address {
    /// The part that it is below; nil for the policy itself.
    var parent: PolicyPart.Address? {
        let above = Array(keys.dropLast())
        return switch kind {
        case .project: nil
        case .vpc, .enterpriseRule, .collector, .log, .sink: .root
        case .subnet, .acl, .group, .instance: .init(kind: .vpc, keys: above)
        case .aclRule: .init(kind: .acl, keys: above)
        case .rule: .init(kind: .group, keys: above)
        case .interface: .init(kind: .instance, keys: above)
        }
    }
}
