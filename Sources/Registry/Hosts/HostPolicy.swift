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
        try HostPolicies(region: region).revision(forHost: host, in: database)
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
