package import Model

/// A policy taken apart, each part by its address, and put together again.
///
/// `PolicyOutline(policy).policy == policy` for every policy: nothing is lost on the way.
package struct PolicyOutline: Hashable, Sendable {
    package private(set) var parts: [PolicyPart.Address: PolicyPart] = [:]
    /// Lists that have members.
    package private(set) var order: [PolicyPart.Siblings: [PolicyPart.Address]] = [:]

    package init(_ policy: Policy) {
        var shell = policy
        shell.vpcs = []
        shell.collectors = []
        shell.logs = policy.logs == nil ? nil : []
        shell.enterprise = policy.enterprise == nil ? nil : []
        shell.sinks = policy.sinks == nil ? nil : []
        parts[.root] = .project(shell)
        for vpc in policy.vpcs { add(vpc) }
        for rule in policy.enterprise ?? [] { add(.enterpriseRule(rule), below: .root) }
        for collector in policy.collectors { add(.collector(collector), below: .root) }
        for log in policy.logs ?? [] { add(.log(log), below: .root) }
        for sink in policy.sinks ?? [] { add(.sink(sink), below: .root) }
    }

    private mutating func add(_ vpc: VPC) {
        var shell = VPC(
            id: vpc.id, name: vpc.name, prefixes: vpc.prefixes, subnets: [], groups: vpc.groups,
            instances: vpc.instances, mode: vpc.mode, collected: vpc.collected)
        shell.groups = []
        shell.instances = []
        let place = add(.vpc(shell), below: .root)
        for subnet in vpc.subnets { add(.subnet(subnet), below: place) }
        for acl in vpc.acls {
            var shell = acl
            shell.rules = []
            let list = add(.acl(shell), below: place)
            for rule in acl.rules { add(.aclRule(rule), below: list) }
        }
        for group in vpc.groups {
            var shell = group
            shell.rules = []
            let list = add(.group(shell), below: place)
            for rule in group.rules { add(.rule(rule), below: list) }
        }
        for instance in vpc.instances {
            var shell = instance
            shell.interfaces = []
            let owner = add(.instance(shell), below: place)
            for interface in instance.interfaces { add(.interface(interface), below: owner) }
        }
    }

    @discardableResult
    private mutating func add(_ part: PolicyPart, below parent: PolicyPart.Address) -> PolicyPart.Address {
        var address = PolicyPart.Address(kind: part.kind, keys: parent.keys + [part.key])
        // A second one of a name is another part.
        var number = 2
        while parts[address] != nil {
            address = PolicyPart.Address(kind: part.kind, keys: parent.keys + ["\(part.key)#\(number)"])
            number += 1
        }
        parts[address] = part
        order[PolicyPart.Siblings(parent: parent, kind: part.kind), default: []].append(address)
        return address
    }

    // MARK: Changing

    mutating func set(_ part: PolicyPart?, at address: PolicyPart.Address) { parts[address] = part }

    mutating func set(_ members: [PolicyPart.Address], of siblings: PolicyPart.Siblings) {
        order[siblings] = members.isEmpty ? nil : members
    }

    package func members(_ parent: PolicyPart.Address, _ kind: PolicyPart.Kind) -> [PolicyPart.Address] {
        order[PolicyPart.Siblings(parent: parent, kind: kind)] ?? []
    }

    // MARK: Putting together

    /// The policy that the parts make.
    package var policy: Policy {
        guard case .project(var policy)? = parts[.root] else { return .empty }
        policy.vpcs = members(.root, .vpc).compactMap { place in
            guard case .vpc(let shell)? = parts[place] else { return nil }
            return vpc(shell, at: place)
        }
        policy.collectors = values(.root, .collector) {
            if case .collector(let collector) = $0 { collector } else { nil }
        }
        if policy.enterprise != nil {
            policy.enterprise = values(.root, .enterpriseRule) {
                if case .enterpriseRule(let rule) = $0 { rule } else { nil }
            }
        }
        if policy.logs != nil {
            policy.logs = values(.root, .log) { if case .log(let log) = $0 { log } else { nil } }
        }
        if policy.sinks != nil {
            policy.sinks = values(.root, .sink) { if case .sink(let sink) = $0 { sink } else { nil } }
        }
        return policy
    }

    private func values<Value>(
        _ parent: PolicyPart.Address, _ kind: PolicyPart.Kind, _ value: (PolicyPart) -> Value?
    ) -> [Value] {
        members(parent, kind).compactMap { parts[$0].flatMap(value) }
    }

    private func vpc(_ shell: VPC, at place: PolicyPart.Address) -> VPC {
        let acls = members(place, .acl).compactMap { list -> NetworkACL? in
            guard case .acl(var acl)? = parts[list] else { return nil }
            acl.rules = values(list, .aclRule) { if case .aclRule(let rule) = $0 { rule } else { nil } }
            return acl
        }
        let groups = members(place, .group).compactMap { list -> SecurityGroup? in
            guard case .group(var group)? = parts[list] else { return nil }
            group.rules = values(list, .rule) { if case .rule(let rule) = $0 { rule } else { nil } }
            return group
        }
        let instances = members(place, .instance).compactMap { owner -> Instance? in
            guard case .instance(var instance)? = parts[owner] else { return nil }
            instance.interfaces = values(owner, .interface) { if case .interface(let one) = $0 { one } else { nil } }
            return instance
        }
        var vpc = shell
        vpc.subnets = values(place, .subnet) { if case .subnet(let subnet) = $0 { subnet } else { nil } }
        vpc.acls = acls
        vpc.groups = groups
        vpc.instances = instances
        return vpc
    }
}
