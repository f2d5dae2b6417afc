/// What groups got and lost, which got other names, which logs were switched on and off, what became of collectors, and of
/// networks with their subnets and network ACLs, where nothing else happened that concerns a host: what turns one revision into a later one without the whole policy
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

    /// A group that got another name, which no other group has or had.
    package struct GroupName: Hashable, Sendable, Codable {
        package let group: Identifier<SecurityGroup>
        package let name: String

        package init(group: Identifier<SecurityGroup>, name: String) {
            self.group = group
            self.name = name
        }
    }

    /// A collector of a whole VPC or subnet that was made, changed or removed.
    package struct CollectorChange: Hashable, Sendable, Codable {
        package let id: Identifier<Collector>
        package let vpc: Identifier<VPC>
        /// Nil where the VPC is the target.
        package let subnet: Identifier<Subnet>?
        /// What it is now, but for its target, which each host has its own name for; nil when it is gone.
        package let collector: Collector?

        package init(
            id: Identifier<Collector>, vpc: Identifier<VPC>, subnet: Identifier<Subnet>?, collector: Collector?
        ) {
            self.id = id
            self.vpc = vpc
            self.subnet = subnet
            self.collector = collector
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
        /// Groups that the host knows, and that have another name.
        package var names: Set<Identifier<SecurityGroup>> = []
        /// Collectors that have something of the host as target.
        package var collectors: Set<Identifier<Collector>> = []

        /// Whether it has what hosts of the first releases pass over.
        package var needsFurtherAmendments: Bool { !names.isEmpty || !collectors.isEmpty }

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
    /// Nil stands for none.
    package let names: [GroupName]?
    /// Nil stands for none.
    package let collectors: [CollectorChange]?
    package let notes: [Catalogue.RevisionNote]

    package init(
        number: Int, madeAt: Timestamp, actor: String, origin: String, added: [Addition] = [],
        removed: [Identifier<Rule>] = [], members: [Members] = [], logs: [Switch]? = nil,
        outlines: [Outline]? = nil, names: [GroupName]? = nil, collectors: [CollectorChange]? = nil,
        notes: [Catalogue.RevisionNote]
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
        self.names = names
        self.collectors = collectors
        self.notes = notes
    }

    /// The part for a host; which group a removed rule was in is not known here, so all of those stay.
    package func limited(to share: Share) -> RevisionAmendment {
        RevisionAmendment(
            number: number, madeAt: madeAt, actor: actor, origin: origin,
            added: added.filter { share.carried.contains($0.group) }, removed: removed,
            members: members.filter { share.peers.contains($0.peer) },
            logs: logs?.filter { share.logs.contains($0.id) },
            outlines: outlines?.filter { share.vpcs.contains($0.vpc) },
            names: names?.filter { share.names.contains($0.group) },
            collectors: collectors?.filter { share.collectors.contains($0.id) }, notes: notes)
    }
}
