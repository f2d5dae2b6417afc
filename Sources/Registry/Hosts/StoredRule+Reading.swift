import Model

extension StoredRule {
    /// The rule as hosts have it, but that a group which it names stands in it by its id.
    func read() throws(UnreadableRow) -> Rule {
        let row = RowReading(Self.kind, id)
        let number: Identifier<Rule> = try row.identifier(recordID)
        let direction = try row.direction(direction)
        let family = try row.family(etherType)
        let service = try row.service(protocolText, portMin, portMax)
        let network = try row.network(remotePrefix, "remotePrefix", of: family)
        let local = try row.network(localPrefix, "localPrefix", of: family)
        let remote: Remote
        if let group = remoteGroupID {
            guard network == nil else { throw row.fault("remotePrefix", remotePrefix, "nothing beside a group") }
            let _: Identifier<SecurityGroup> = try row.identifier(group, "remoteGroupID")
            remote = .group(group)
        } else {
            remote = network.map { .prefix($0) } ?? .any
        }
        try checkIdentity(row)
        return Rule(
            id: number, direction: direction, family: family, service: service, remote: remote, local: local,
            description: description)
    }

    /// The identity says the same once more, in one word: where they differ, something lost or got a part.
    private func checkIdentity(_ row: RowReading) throws(UnreadableRow) {
        let draft = RuleDraft(
            groupID: groupID, direction: direction, etherType: etherType, protocolText: protocolText, portMin: portMin,
            portMax: portMax, remotePrefix: remotePrefix, remoteGroupID: remoteGroupID, localPrefix: localPrefix)
        let wanted = draft.identity
        // One of several that do the same has its id there as well.
        guard identity == wanted || identity == "\(wanted)|\(id)" else {
            throw row.fault("identity", identity, "\(wanted), as the other columns say")
        }
    }
}
