extension Policy {
    /// The policy with those of its enterprise rules alone that are in force at an instant.
    package func inForce(at instant: Timestamp) -> Policy {
        guard let enterprise, enterprise.contains(where: { !$0.isInForce(at: instant) }) else { return self }
        var policy = self
        policy.enterprise = enterprise.filter { $0.isInForce(at: instant) }
        return policy
    }

    /// Whether some interface may be one whose refusals are notes.
    private var hasObserved: Bool {
        vpcs.contains { vpc in
            vpc.mode != nil || vpc.groups.contains { $0.mode != nil }
                || vpc.instances.contains { $0.interfaces.contains { $0.mode != nil } }
        }
    }

    /// The interfaces whose refusals are notes: by themselves, by a group that they carry, or by their VPC.
    package var observedInterfaces: Set<Identifier<Interface>> {
        guard hasObserved else { return [] }
        return Set(
            vpcs.flatMap { vpc in
                let groups = Set(vpc.groups.filter { $0.mode == .observe }.map(\.name))
                return vpc.instances.flatMap(\.interfaces).filter {
                    vpc.mode == .observe || $0.mode == .observe || $0.groups.contains(where: groups.contains)
                }.map(\.id)
            })
    }

    /// The policy with a last group at each observed interface that admits everything, by the rule that would refuse it.
    ///
    /// So one that observes is judged like any other, by kernel and classifier alike: what its groups do not admit the refusal by
    /// default lets through, and session and record name that. What this returns is its own result.
    package func observing() -> Policy {
        let observed = observedInterfaces
        guard !observed.isEmpty else { return self }
        var policy = self
        for place in policy.vpcs.indices { policy.vpcs[place].observe(observed) }
        return policy
    }
}

extension VPC {
    fileprivate mutating func observe(_ observed: Set<Identifier<Interface>>) {
        var made = Set(groups.filter(\.isOfObservation).map(\.name))
        for instance in instances.indices {
            for place in instances[instance].interfaces.indices {
                let interface = instances[instance].interfaces[place]
                guard observed.contains(interface.id),
                    !interface.groups.contains(where: { $0.hasPrefix(SecurityGroup.observationPrefix) })
                else { continue }
                let first = interface.groups.first.flatMap { name in groups.first { $0.name == name } }
                let group = SecurityGroup(observing: first, at: interface)
                instances[instance].interfaces[place].groups.append(group.name)
                if made.insert(group.name).inserted { groups.append(group) }
            }
        }
    }
}

extension SecurityGroup {
    /// What the names of groups begin with that let pass what would be refused; no name in a policy can.
    package static let observationPrefix = "observe:"

    /// Whether it lets pass what would be refused.
    package var isOfObservation: Bool { name.hasPrefix(Self.observationPrefix) }

    /// The group that admits everything by the refusals of an interface's first group, or by its own where it has none.
    fileprivate init(observing first: SecurityGroup?, at interface: Interface) {
        let name = Self.observationPrefix + (first?.name ?? interface.id.description)
        self.init(
            id: Identifier(derivedFrom: "observe", (first.map { $0.id.description } ?? interface.id.description)),
            name: name,
            rules: Direction.allCases.map { direction in
                Rule(
                    id: first?.defaultRefusal(direction) ?? interface.bareRefusal(direction), direction: direction,
                    service: .any, remote: .any)
            }, isStateful: first?.isStateful ?? true)
    }
}
