package import GRDB
package import Model

/// What one host must know of the registry: its own interfaces, their groups, and the addresses of peers elsewhere.
package enum HostPolicy {
    /// The revision for a host, as the registry stands now.
    ///
    /// Two revisions of one host are the same to it when their policies are equal, whatever their numbers.
    package static func revision(forHost host: String, in database: Database) throws -> Revision {
        let number =
            try Int.fetchOne(database.cachedStatement(sql: "SELECT coalesce(max(number), 0) FROM revision")) ?? 0
        var reader = try Reader(host: host, database: database)
        let policy = try reader.policy()
        let origins = try ruleOrigins(reader.rules.map(\.id), in: database)
        let notes = try notes(Set(origins.values).union([number]), in: database)
        let own = notes.first { $0.number == number }
        return Revision(
            number: number, madeAt: own?.madeAt ?? .init(nanoseconds: 0), actor: own?.actor ?? "",
            origin: own?.origin ?? "", policy: policy, ruleOrigins: origins, notes: notes)
    }

    private static func ruleOrigins(_ ids: [String], in database: Database) throws -> [String: Int] {
        var origins: [String: Int] = [:]
        let statement = try database.cachedStatement(
            sql: "SELECT min(revision) FROM history WHERE kind = 'security_group_rule' AND objectID = ?")
        for id in ids { origins[id] = try Int.fetchOne(statement, arguments: [id]) }
        return origins
    }

    private static func notes(_ numbers: Set<Int>, in database: Database) throws -> [Catalogue.RevisionNote] {
        let statement = try database.cachedStatement(
            sql: "SELECT madeAt, actor, requestID FROM revision WHERE number = ?")
        return try numbers.sorted().compactMap { number in
            try Row.fetchOne(statement, arguments: [number]).map {
                Catalogue.RevisionNote(
                    number: number, madeAt: Timestamp(nanoseconds: $0[0]), actor: $0[1], origin: $0[2])
            }
        }
    }

    /// Builds the policy of one host.
    private struct Reader {
        let host: String
        let database: Database
        let interfaces: [StoredInterface]
        var groups: [String: StoredGroup] = [:]
        var rules: [StoredRule] = []

        init(host: String, database: Database) throws {
            self.host = host
            self.database = database
            interfaces = try StoredInterface.filter(
                Column("host") == host && Column("isPortSecurityEnabled") == true && Column("isAdminUp") == true
            ).order(Column("id")).fetchAll(database)
        }

        mutating func policy() throws -> Policy {
            let attached = Set(interfaces.flatMap(\.groups))
            rules = try StoredRule.filter(attached.contains(Column("groupID")))
                .order(Column("createdAt"), Column("id")).fetchAll(database)
            let named = attached.union(rules.compactMap(\.remoteGroupID))
            for group in try StoredGroup.filter(named.contains(Column("id"))).fetchAll(database) {
                groups[group.id] = group
            }
            let ids = Set(interfaces.map(\.vpcID))
            let vpcs = try StoredVPC.filter(ids.contains(Column("id"))).order(Column("id")).fetchAll(database)
            return Policy(project: "", vpcs: try vpcs.map(vpc), logs: try logs())
        }

        private func vpc(_ stored: StoredVPC) throws -> VPC {
            let own = interfaces.filter { $0.vpcID == stored.id }
            let stack = try StoredSubnet.filter(Column("vpcID") == stored.id).order(Column("id")).fetchAll(database)
            let subnetNames = clearNames(stack.map { ($0.id, $0.name) })
            let subnets = stack.compactMap { subnet in
                (try? IPPrefix(parsing: subnet.cidr)).flatMap { prefix in
                    identifier(subnet.id).map {
                        Subnet(id: $0, name: subnetNames[subnet.id] ?? subnet.id, prefixes: [prefix])
                    }
                }
            }
            let attached = Set(own.flatMap(\.groups))
            let ownRules = rules.filter { attached.contains($0.groupID) }
            let named = attached.union(ownRules.compactMap(\.remoteGroupID))
            let names = groupNames(named)
            let built = try named.sorted().compactMap { id -> SecurityGroup? in
                guard let name = names[id], let identifier: Identifier<SecurityGroup> = identifier(id) else {
                    return nil
                }
                return SecurityGroup(
                    id: identifier, name: name,
                    rules: attached.contains(id)
                        ? ownRules.filter { $0.groupID == id }.compactMap { rule($0, names) } : [],
                    membersElsewhere: try membersElsewhere(id, in: stored.id))
            }
            return VPC(
                id: identifier(stored.id) ?? Identifier(derivedFrom: "vpc", stored.id),
                name: stored.name.isEmpty ? stored.id : stored.name, prefixes: subnets.flatMap(\.prefixes),
                subnets: subnets, groups: built, instances: instances(own, names, subnetNames))
        }

        /// A name for each group that no other has: its own, with the id where several share it.
        private func groupNames(_ ids: Set<String>) -> [String: String] {
            clearNames(ids.sorted().compactMap { groups[$0] }.map { ($0.id, $0.name) })
        }

        private func clearNames(_ named: [(id: String, name: String)]) -> [String: String] {
            let counts = Dictionary(named.map { ($0.name, 1) }, uniquingKeysWith: +)
            return Dictionary(
                uniqueKeysWithValues: named.map { id, name in
                    (id, !name.isEmpty && counts[name] == 1 ? name : "\(name) (\(id.prefix(8)))")
                })
        }

        private func instances(
            _ own: [StoredInterface], _ names: [String: String], _ subnets: [String: String]
        ) -> [Instance] {
            let byDevice = Dictionary(grouping: own) { $0.deviceID.isEmpty ? $0.id : $0.deviceID }
            return byDevice.sorted { $0.key < $1.key }.map { id, ports in
                Instance(
                    id: identifier(id) ?? Identifier(derivedFrom: "instance", id),
                    name: ports[0].deviceID.isEmpty ? label(ports[0]) : id,
                    interfaces: ports.compactMap { interface($0, names, subnets) })
            }
        }

        private func label(_ port: StoredInterface) -> String {
            port.name.isEmpty ? String(port.id.prefix(8)) : port.name
        }

        private func interface(
            _ port: StoredInterface, _ names: [String: String], _ subnets: [String: String]
        ) -> Interface? {
            guard let id: Identifier<Interface> = identifier(port.id) else { return nil }
            return Interface(
                id: id, name: label(port), subnet: port.addresses.first.flatMap { subnets[$0.subnetID] } ?? "",
                addresses: port.addresses.compactMap { IPAddress($0.address) }, mac: MACAddress(port.mac),
                device: port.device, project: port.projectID, groups: port.groups.compactMap { names[$0] })
        }

        private func rule(_ stored: StoredRule, _ names: [String: String]) -> Rule? {
            guard let id: Identifier<Rule> = identifier(stored.id),
                let direction = Direction(rawValue: stored.direction)
            else { return nil }
            let remote: Remote
            if let group = stored.remoteGroupID {
                remote = .group(names[group] ?? group)
            } else if let text = stored.remotePrefix, let prefix = RuleDraft.network(text) {
                remote = .prefix(prefix)
            } else {
                remote = .any
            }
            return Rule(
                id: id, direction: direction, family: stored.etherType == "IPv6" ? .ipv6 : .ipv4,
                service: stored.service, remote: remote, description: stored.description)
        }

        private func membersElsewhere(_ group: String, in vpcID: String) throws -> [IPAddress] {
            try String.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT address FROM interface_group JOIN interface ON interface.id = interface_group.interfaceID
                        JOIN interface_address ON interface_address.interfaceID = interface.id
                        WHERE groupID = ? AND interface.vpcID = ?
                          AND (interface.host <> ? OR NOT isPortSecurityEnabled OR NOT isAdminUp)
                        ORDER BY address
                        """), arguments: [group, vpcID, host]
            ).compactMap { IPAddress($0) }
        }

        /// The enabled logs that can cover an interface of this host.
        private func logs() throws -> [LogResource] {
            let enabled = try StoredLog.filter(Column("isEnabled") == true).order(Column("id")).fetchAll(database)
            let own = Set(interfaces.map(\.id))
            let attached = Set(interfaces.flatMap(\.groups))
            let projects = Set(interfaces.map(\.projectID)).union(attached.compactMap { groups[$0]?.projectID })
            return enabled.compactMap { log in
                guard projects.contains(log.projectID), log.interfaceID.map(own.contains) ?? true,
                    log.groupID.map(attached.contains) ?? true
                else { return nil }
                return LogResource(
                    id: log.id, project: log.projectID, event: .init(rawValue: log.event.rawValue) ?? .all,
                    group: log.groupID.flatMap { identifier($0) }, interface: log.interfaceID.flatMap { identifier($0) }
                )
            }
        }

        private func identifier<Subject>(_ text: String) -> Identifier<Subject>? { Identifier(text) }
    }
}

extension StoredRule {
    /// What the rule asks of a packet's protocol.
    package var service: Service {
        RuleDraft(
            groupID: groupID, direction: direction, protocolText: protocolText, portMin: portMin, portMax: portMax
        ).service
    }
}
