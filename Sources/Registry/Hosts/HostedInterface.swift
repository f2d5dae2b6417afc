import GRDB

/// An interface as the policy of its host needs it.
struct HostedInterface {
    let id: String
    let projectID: String
    let vpcID: String
    let name: String
    let mac: String
    let deviceID: String
    let device: String
    let addresses: [StoredInterface.FixedAddress]
    let groups: [String]
    let pairs: [StoredInterface.Pair]

    /// What makes an interface one that some host has in force, in SQL.
    static let isInForce = "host <> '' AND isPortSecurityEnabled AND isAdminUp"

    /// The hosts that have an interface in force to which a condition in SQL applies.
    static func hosts(
        where condition: String, _ arguments: StatementArguments, in database: Database
    ) throws -> Set<String> {
        try String.fetchSet(
            database.cachedStatement(
                sql: "SELECT DISTINCT host FROM interface WHERE \(condition) AND \(isInForce)"), arguments: arguments)
    }

    /// The interfaces that are in force on a host, in the order of their ids.
    static func all(onHost host: String, in database: Database) throws -> [HostedInterface] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT id, projectID, vpcID, name, mac, deviceID, device, addresses, groups, pairs FROM interface
                    WHERE host = ? AND isPortSecurityEnabled AND isAdminUp
                    """), arguments: [host])
        var found: [HostedInterface] = []
        while let row = try rows.next() {
            let reading = RowReading(.interface, row[0])
            found.append(
                HostedInterface(
                    id: row[0], projectID: row[1], vpcID: row[2], name: row[3], mac: row[4], deviceID: row[5],
                    device: row[6], addresses: try reading.list(row[7], "addresses", PlainJSON.fixedAddresses),
                    groups: try reading.list(row[8], "groups", PlainJSON.strings),
                    pairs: try (row[9] as String?).map { try reading.list($0, "pairs", PlainJSON.pairs) } ?? []))
        }
        return found.sorted { $0.id < $1.id }
    }
}
