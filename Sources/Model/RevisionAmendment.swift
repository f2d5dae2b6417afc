/// What groups got and lost, which logs were switched on and off, and what became of networks with their subnets and network
/// ACLs, where nothing else happened that concerns a host: what turns one revision into a later one without the whole policy
/// being told again.
package struct RevisionAmendment: Hashable, Sendable, Codable {
    package struct Addition: Hashable, Sendable, Codable {
        package let group: Identifier<SecurityGroup>
        /// Never one that names a group as its peer: the host may not know the peer.
        package let rule: Rule
        /// The revision that made the rule.
        package let since: Int

        package init(group: Identifier<SecurityGroup>, rule: Rule, since: Int) {
            self.group = group
            self.rule = rule
            self.since = since
        }
    }

    /// A group as the hosts of one VPC know it that have a rule which names it.
    package struct Peer: Hashable, Sendable, Codable {
        package let vpc: Identifier<VPC>
        package let group: Identifier<SecurityGroup>

        package init(vpc: Identifier<VPC>, group: Identifier<SecurityGroup>) {
            self.vpc = vpc
            self.group = group
        }
    }

    /// Addresses of interfaces on other hosts that a peer group got and lost.
    package struct Members: Hashable, Sendable, Codable {
        package let peer: Peer
        package let added: Set<IPAddress>
        package let removed: Set<IPAddress>

        package init(peer: Peer, added: Set<IPAddress>, removed: Set<IPAddress>) {
            self.peer = peer
            self.added = added
            self.removed = removed
        }
    }

    /// A log that was switched on or off.
    package struct Switch: Hashable, Sendable, Codable {
        /// The log's id.
        package let id: String
        /// What it asks for; nil when it was switched off, or is gone.
        package let log: LogResource?

        package init(id: String, log: LogResource?) {
            self.id = id
            self.log = log
        }
    }

    /// What a VPC is to every host that has interfaces in it: all but its groups and instances.
    package struct Outline: Hashable, Sendable, Codable {
        package let vpc: Identifier<VPC>
        /// Nil where the VPC has the name that it had.
        package let name: String?
        package let prefixes: [IPPrefix]
        /// Those that hosts knew have the names that they had.
        package let subnets: [Subnet]
        package let acls: [NetworkACL]
        /// The revision that made each rule of the ACLs what it is, by the rule's id.
        package let origins: [String: Int]

        package init(
            vpc: Identifier<VPC>, name: String?, prefixes: [IPPrefix], subnets: [Subnet], acls: [NetworkACL],
            origins: [String: Int]
        ) {
            self.vpc = vpc
            self.name = name
            self.prefixes = prefixes
            self.subnets = subnets
            self.acls = acls
            self.origins = origins
        }
    }

    /// The part of an amendment that concerns a host.
    package struct Share: Hashable, Sendable {
        /// Groups that interfaces of the host carry.
        package var carried: Set<Identifier<SecurityGroup>> = []
        package var peers: Set<Peer> = []
        /// Ids of logs that can cover an interface of the host.
        package var logs: Set<String> = []
        /// VPCs that interfaces of the host are in.
        package var vpcs: Set<Identifier<VPC>> = []

        package init() {}
    }

    package let number: Int
    package let madeAt: Timestamp
    package let actor: String
    package let origin: String
    /// In the order in which they were made.
    package let added: [Addition]
    package let removed: [Identifier<Rule>]
    package let members: [Members]
    /// Nil stands for none.
    package let logs: [Switch]?
    /// Nil stands for none.
    package let outlines: [Outline]?
    package let notes: [Catalogue.RevisionNote]

    package init(
        number: Int, madeAt: Timestamp, actor: String, origin: String, added: [Addition] = [],
        removed: [Identifier<Rule>] = [], members: [Members] = [], logs: [Switch]? = nil,
        outlines: [Outline]? = nil, notes: [Catalogue.RevisionNote]
    ) {
        self.number = number
        self.madeAt = madeAt
        self.actor = actor
        self.origin = origin
        self.added = added
        self.removed = removed
        self.members = members
        self.logs = logs
        self.outlines = outlines
        self.notes = notes
    }

    /// The part for a host; which group a removed rule was in is not known here, so all of those stay.
    package func limited(to share: Share) -> RevisionAmendment {
        RevisionAmendment(
            number: number, madeAt: madeAt, actor: actor, origin: origin,
            added: added.filter { share.carried.contains($0.group) }, removed: removed,
            members: members.filter { share.peers.contains($0.peer) },
            logs: logs?.filter { share.logs.contains($0.id) },
            outlines: outlines?.filter { share.vpcs.contains($0.vpc) }, notes: notes)
    }
}

extension Revision {
    /// The revision that an amendment makes of this one; nil where it names a group or a VPC that is not in this policy.
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

    /// Gives a VPC another outline, and tells what it was; nil where it is not here.
    fileprivate mutating func redraw(_ outline: RevisionAmendment.Outline) -> VPC? {
        guard let place = vpcs.firstIndex(where: { $0.id == outline.vpc }) else { return nil }
        let former = vpcs[place]
        let name = outline.name ?? former.name
        vpcs[place] = VPC(
            id: former.id, name: name, prefixes: outline.prefixes, subnets: outline.subnets, acls: outline.acls,
            groups: former.groups, instances: former.instances)
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
