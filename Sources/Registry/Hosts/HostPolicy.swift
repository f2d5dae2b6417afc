package import GRDB
package import Model

/// What one host must know of the registry: its own interfaces, their groups, and the addresses of peers elsewhere.
package enum HostPolicy {
    /// The revision for a host, as the registry stands now.
    ///
    /// Two revisions of one host are the same to it when their policies are equal, whatever their numbers.
    package static func revision(
        forHost host: String, of region: ServedRegion = ServedRegion(), in database: Database
    ) throws -> Revision {
        let number =
            try Int.fetchOne(database.cachedStatement(sql: "SELECT coalesce(max(number), 0) FROM revision")) ?? 0
        var reader = try HostPolicyReader(host: host, region: region, database: database)
        let policy = try reader.policy()
        let origins = try ruleOrigins(reader.editions, in: database)
        let notes = try notes(Set(origins.values).union([number]), in: database)
        let own = notes.first { $0.number == number }
        return Revision(
            number: number, madeAt: own?.madeAt ?? .init(nanoseconds: 0), actor: own?.actor ?? "",
            origin: own?.origin ?? "", policy: policy, ruleOrigins: origins, notes: notes)
    }

    /// The revisions that began the present editions of rules.
    private static func ruleOrigins(_ rules: [RuleEdition], in database: Database) throws -> [String: Int] {
        var origins: [String: Int] = [:]
        let statement = try database.cachedStatement(
            sql: """
                SELECT min(revision) FROM history
                WHERE kind = ? AND objectID = ? AND coalesce(json_extract(body, '$.edition'), 0) = ?
                """)
        for rule in rules {
            origins[rule.recordID] = try Int.fetchOne(
                statement, arguments: [rule.kind.rawValue, rule.id, rule.number])
        }
        return origins
    }

    static func notes(_ numbers: Set<Int>, in database: Database) throws -> [Catalogue.RevisionNote] {
        let statement = try database.cachedStatement(
            sql: "SELECT madeAt, actor, requestID FROM revision WHERE number = ?")
        return try numbers.sorted().compactMap { number in
            try Row.fetchOne(statement, arguments: [number]).map {
                Catalogue.RevisionNote(
                    number: number, madeAt: Timestamp(nanoseconds: $0[0]), actor: $0[1], origin: $0[2])
            }
        }
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
