import Model

/// Some ports come, go, or hang elsewhere, and nothing else changes but the members of groups: what the table holds of these
/// ports is drawn up and compared, not what it holds of all.
struct PortChange {
    /// The plans of the changed ports and members alone, before and after.
    let before: HostPlan
    let after: HostPlan

    /// More than that is drawn up whole.
    private static let limit = 64

    /// The change, or nil where other parts differ, or where what the table holds of these ports cannot be told from what it
    /// holds of others.
    init?(from plan: HostPlan, to next: HostPlan) {
        guard plan.edges == next.edges, plan.enterprise == next.enterprise, plan.broadcasts == next.broadcasts,
            Self.haveSameBridges(plan, next),
            plan.groups.count == next.groups.count,
            zip(plan.groups, next.groups).allSatisfy({
                // Stateless groups have lists of their own.
                $0.key == $1.key && $0.rules == $1.rules && $0.refusals == nil && $1.refusals == nil
            }), Self.hasSingleAddresses(plan), Self.hasSingleAddresses(next)
        else { return nil }
        let known = Dictionary(plan.ports.map { ($0.device, $0) }) { first, _ in first }
        let wanted = Dictionary(next.ports.map { ($0.device, $0) }) { first, _ in first }
        let gone = plan.ports.filter { wanted[$0.device] != $0 }
        let come = next.ports.filter { known[$0.device] != $0 }
        guard !gone.isEmpty || !come.isEmpty, gone.count + come.count <= Self.limit else { return nil }
        // One that only changes groups has its own way, which leads packets under way as well.
        guard !come.contains(where: { known[$0.device]?.profile ?? $0.profile != $0.profile }) else { return nil }
        let changed = Set((gone + come).map(\.device))
        guard Self.standAlone(gone + come, plan.ports.filter { !changed.contains($0.device) }),
            // The port stage has lists of these groups and no others.
            plan.groupsOnBridges == next.groupsOnBridges
        else { return nil }
        var members: [String: Set<IPAddress>] = [:]
        for (old, new) in zip(plan.groups, next.groups) where old.members != new.members {
            members[old.key] = Set(old.members).symmetricDifference(new.members)
        }
        before = plan.limited(to: gone, members: members)
        after = next.limited(to: come, members: members)
    }

    /// Whether they are the same but for their ports.
    private static func haveSameBridges(_ plan: HostPlan, _ next: HostPlan) -> Bool {
        guard let old = plan.bridges, let new = next.bridges else { return plan.bridges == nil && next.bridges == nil }
        return plan.bridgeNumbers == next.bridgeNumbers && old.count == new.count
            && zip(old, new).allSatisfy {
                $0.name == $1.name && $0.refusesUnknown == $1.refusesUnknown && $0.uplinks == $1.uplinks
            }
    }

    /// Whether nobody has blocks, or addresses that others may have: those are in rules, and in sets of all ports together.
    private static func hasSingleAddresses(_ plan: HostPlan) -> Bool {
        plan.groups.allSatisfy { $0.memberPrefixes.allSatisfy(\.isSingleAddress) }
            && plan.ports.allSatisfy {
                $0.prefixes.allSatisfy(\.isSingleAddress) && $0.sources.allSatisfy(\.prefix.isSingleAddress)
                    && $0.pairs.isEmpty && $0.claimed.isEmpty
            }
    }

    /// Whether no other port has an address or a MAC of theirs: an element that two ports ask for must not go with one.
    private static func standAlone(_ ports: [HostPlan.Port], _ others: [HostPlan.Port]) -> Bool {
        let addresses = Set(ports.flatMap(\.addresses))
        let macs = Set(ports.compactMap(\.mac))
        return !others.contains { port in
            port.addresses.contains(where: addresses.contains) || port.mac.map(macs.contains) ?? false
        }
    }
}
