import Enforcement
import Model
import Netlink

/// What is found of the host's bridges.
enum HostBridges {
    /// What rules must know of them; nil while the host has none and the policy names none that refuses.
    ///
    /// * `bridged`: the bridge of each interface that hangs on one.
    /// * `former`: what was found last: a table of ports that stood once goes on standing.
    static func find(
        _ policy: Policy, _ table: DeviceTable, _ bridged: [Identifier<Interface>: String],
        former: HostPlan.HostBridges?
    ) -> HostPlan.HostBridges? {
        let present = Dictionary(table.bridges.map { ($0.name, $0) }) { first, _ in first }
        let refusing = (policy.bridges ?? []).filter { $0.unknown == .refuse }
        guard !present.isEmpty || !refusing.isEmpty || former != nil else { return nil }
        let settings = Dictionary(refusing.map { ($0.name, $0) }) { first, _ in first }
        let bridges = Set(bridged.values).union(settings.keys).sorted().map { name in
            HostPlan.Bridge(
                name: name, members: present[name].map(table.parts) ?? [], refusesUnknown: settings[name] != nil,
                uplinks: settings[name]?.uplinks ?? [])
        }
        let known = Set(policy.vpcs.flatMap(\.instances).flatMap(\.interfaces).map(\.id))
        var history = former?.former.filter { known.contains($0.key) } ?? [:]
        for (interface, bridge) in bridged { history[interface, default: []].insert(bridge) }
        return HostPlan.HostBridges(attached: bridged, former: history, bridges: bridges)
    }
}

/// What interfaces of a VPC cannot have where they hang on bridges.
struct BridgeLimits {
    private let subnetsWithACL: Set<String>
    private let statelessGroups: Set<String>

    init(_ vpc: VPC) {
        subnetsWithACL = Set(
            vpc.subnets.map(\.name).filter { name in vpc.acl(ofSubnet: name).map { !$0.allowsAll } ?? false })
        statelessGroups = Set(vpc.groups.filter { !$0.isStateful }.map(\.name))
    }

    /// The attachment, or why it will not do for the interface.
    func limit(_ attachment: DeviceAttachment, _ interface: Interface) -> DeviceAttachment {
        guard case .bridged(let bridge) = attachment else { return attachment }
        if subnetsWithACL.contains(interface.subnet) { return .notEnforceable(.aclOnBridge(bridge)) }
        if interface.groups.contains(where: statelessGroups.contains) {
            return .notEnforceable(.statelessOnBridge(bridge))
        }
        return attachment
    }
}
