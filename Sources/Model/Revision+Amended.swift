extension Revision {
    /// The revision that an amendment makes of this one; nil where it names a group, a VPC or a subnet that is not in
    /// this policy.
    package func amended(by amendment: RevisionAmendment) -> Revision? {
        var policy = self.policy
        var origins = ruleOrigins
        let removed = Set(amendment.removed)
        let members = Dictionary(amendment.members.map { ($0.peer, $0) }) { first, _ in first }
        var known: Set<Identifier<SecurityGroup>> = []
        var knownPeers: Set<RevisionAmendment.Peer> = []
        for vpc in policy.vpcs.indices {
            for place in policy.vpcs[vpc].groups.indices {
                let group = policy.vpcs[vpc].groups[place]
                known.insert(group.id)
                let peer = RevisionAmendment.Peer(vpc: policy.vpcs[vpc].id, group: group.id)
                if let change = members[peer] {
                    knownPeers.insert(peer)
                    policy.vpcs[vpc].groups[place].membersElsewhere =
                        Set(group.membersElsewhere).subtracting(change.removed).union(change.added).sorted()
                }
                // A group that is only named as a peer has no rules here.
                let isCarried = policy.vpcs[vpc].instances.contains { instance in
                    instance.interfaces.contains { $0.groups.contains(group.name) }
                }
                guard isCarried else { continue }
                policy.vpcs[vpc].groups[place].rules.removeAll { removed.contains($0.id) }
                policy.vpcs[vpc].groups[place].rules += amendment.added.filter { $0.group == group.id }.map(\.rule)
            }
        }
        guard amendment.added.allSatisfy({ known.contains($0.group) }), knownPeers.count == members.count else {
            return nil
        }
        policy.switchLogs(amendment.logs ?? [])
        for outline in amendment.outlines ?? [] {
            guard let former = policy.redraw(outline) else { return nil }
            for acl in former.acls { for rule in acl.rules { origins[rule.id.description] = nil } }
            origins.merge(outline.origins) { _, new in new }
        }
        for name in amendment.names ?? [] { guard policy.rename(name) else { return nil } }
        for change in amendment.collectors ?? [] { guard policy.collect(change) else { return nil } }
        for id in amendment.removed { origins[id.description] = nil }
        for addition in amendment.added { origins[addition.rule.id.description] = addition.since }
        let numbers = Set(origins.values).union([amendment.number])
        let notes = Dictionary(((notes ?? []) + amendment.notes).map { ($0.number, $0) }) { _, new in new }
        return Revision(
            number: amendment.number, madeAt: amendment.madeAt, actor: amendment.actor, origin: amendment.origin,
            policy: policy, ruleOrigins: origins,
            notes: notes.values.filter { numbers.contains($0.number) }.sorted { $0.number < $1.number })
    }
}

extension Policy {
    /// Logs stay in the order of their ids.
    fileprivate mutating func switchLogs(_ switches: [RevisionAmendment.Switch]) {
        guard !switches.isEmpty else { return }
        let switched = Set(switches.map(\.id))
        logs = ((logs ?? []).filter { !switched.contains($0.id) } + switches.compactMap(\.log)).sorted { $0.id < $1.id }
    }

    /// Calls a group by another name, wherever it is named; false where it is not here.
    fileprivate mutating func rename(_ change: RevisionAmendment.GroupName) -> Bool {
        var isKnown = false
        for vpc in vpcs.indices {
            guard let place = vpcs[vpc].groups.firstIndex(where: { $0.id == change.group }) else { continue }
            isKnown = true
            let former = vpcs[vpc].groups[place].name
            vpcs[vpc].groups[place].name = change.name
            for group in vpcs[vpc].groups.indices {
                for rule in vpcs[vpc].groups[group].rules.indices
                where vpcs[vpc].groups[group].rules[rule].remote == .group(former) {
                    vpcs[vpc].groups[group].rules[rule].remote = .group(change.name)
                }
            }
            for instance in vpcs[vpc].instances.indices {
                for interface in vpcs[vpc].instances[instance].interfaces.indices {
                    vpcs[vpc].instances[instance].interfaces[interface].groups.replace([former], with: [change.name])
                }
            }
        }
        return isKnown
    }

    /// Has a collector as it is now, in the order of the ids; false where its target is not here.
    fileprivate mutating func collect(_ change: RevisionAmendment.CollectorChange) -> Bool {
        guard let vpc = vpcs.first(where: { $0.id == change.vpc }) else { return false }
        var others = collectors.filter { $0.id != change.id }
        if var collector = change.collector {
            if let id = change.subnet {
                guard let subnet = vpc.subnets.first(where: { $0.id == id }) else { return false }
                collector.target = .subnet(vpc: vpc.name, subnet: subnet.name)
            } else {
                collector.target = .vpc(vpc.name)
            }
            others.append(collector)
        }
        collectors = others.sorted { $0.id.description < $1.id.description }
        return true
    }

    /// Gives a VPC another outline, and tells what it was; nil where it is not here.
    fileprivate mutating func redraw(_ outline: RevisionAmendment.Outline) -> VPC? {
        guard let place = vpcs.firstIndex(where: { $0.id == outline.vpc }) else { return nil }
        let former = vpcs[place]
        let name = outline.name ?? former.name
        vpcs[place] = VPC(
            id: former.id, name: name, prefixes: outline.prefixes, subnets: outline.subnets, acls: outline.acls,
            groups: former.groups, instances: former.instances, mode: former.mode, collected: former.collected)
        if name != former.name {
            for collector in collectors.indices {
                collectors[collector].target.rename(vpc: former.name, to: name)
            }
        }
        return former
    }
}

extension Collector.Target {
    fileprivate mutating func rename(vpc former: String, to name: String) {
        switch self {
        case .vpc(former): self = .vpc(name)
        case .subnet(former, let subnet): self = .subnet(vpc: name, subnet: subnet)
        case .instance(former, let instance): self = .instance(vpc: name, instance: instance)
        case .interface(former, let instance, let interface):
            self = .interface(vpc: name, instance: instance, interface: interface)
        default: break
        }
    }
}
