package import GRDB

/// Interfaces that claim the same of a host, as a registry from before claims were asked about can have them.
package enum HostClaims {
    /// One device or address with the interfaces that claim it, in words that name the mend.
    package struct Conflict: Error, Hashable, CustomStringConvertible {
        package let host: String
        package let description: String
    }

    /// Every conflict, in the order of hosts.
    package static func conflicts(in database: Database) throws -> [Conflict] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT DISTINCT host, kind, value FROM host_claim AS claim WHERE EXISTS (
                  SELECT 1 FROM host_claim AS other WHERE other.host = claim.host AND other.kind = claim.kind
                    AND other.value = claim.value AND other.interfaceID <> claim.interfaceID)
                ORDER BY host, kind DESC, value
                """)
        return try rows.compactMap { row in
            guard let kind = HostClaim.Kind(rawValue: row[1]) else { return nil }
            let ids = try String.fetchAll(
                database,
                sql: "SELECT interfaceID FROM host_claim WHERE host = ? AND kind = ? AND value = ? ORDER BY rank",
                arguments: [row[0], row[1], row[2]])
            return try conflict(HostClaim(host: row[0], kind: kind, value: row[2]), ids, database)
        }
    }

    /// Throws where two of a host's interfaces in force claim the same: which of them is right, nobody here can say, so the
    /// host goes on with what it has, and whoever looks is told.
    static func checkSingle(_ interfaces: [HostedInterface], on host: String, in database: Database) throws {
        var holders: [HostClaim: String] = [:]
        for interface in interfaces {
            let claims =
                [HostClaim(host: host, kind: .device, value: interface.device)]
                + interface.addresses.map { HostClaim(host: host, kind: .address, value: $0.address) }
            for claim in claims {
                guard let other = holders.updateValue(interface.id, forKey: claim) else { continue }
                throw try conflict(claim, [other, interface.id], database)
            }
        }
    }

    private static func conflict(
        _ claim: HostClaim, _ interfaces: [String], _ database: Database
    ) throws -> Conflict {
        let named = try interfaces.map { id in
            guard let interface = try StoredInterface.stored(id, in: database) else { return id }
            let project = try Project.fetchOne(database, key: interface.projectID)?.name ?? interface.projectID
            let name = interface.name.isEmpty ? "" : "\(interface.name) "
            return "\(name)(\(id)) of project \(project)"
        }
        return Conflict(
            host: claim.host,
            description:
                "\(claim.words) is claimed by \(named.count) interfaces: \(named.joined(separator: ", ")); bind all but "
                + "one to no host, or elsewhere (openstack port set --host \"\" ID)")
    }
}
