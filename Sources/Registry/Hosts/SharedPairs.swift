import GRDB
import Model

/// Which addresses of a VPC hosts have, and which several may use: what tells whether a pair is shared with another host.
struct SharedPairs {
    private struct Use {
        let prefix: IPPrefix
        let host: String
    }

    /// What interfaces may use, and what of blocks they have singly.
    private var uses: [Use] = []

    /// * `all`: whether single addresses are needed as well, which only blocks ask for.
    init(vpc: String, in database: Database) throws {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT id, host, pairs FROM interface WHERE vpcID = ? AND pairs IS NOT NULL AND host <> ''"),
            arguments: [vpc])
        for row in rows {
            let reading = RowReading(.interface, row[0])
            let (pairs, own) = try reading.pairs(try reading.list(row[2], "pairs", PlainJSON.pairs))
            uses += (pairs.map(\.prefix) + own).map { Use(prefix: $0, host: row[1]) }
        }
        let addresses = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT address, host, interface.id FROM interface_address
                    JOIN interface ON interface.id = interfaceID WHERE interface.vpcID = ? AND host <> ''
                    """), arguments: [vpc])
        while let row = try addresses.next() {
            let address = try RowReading(.interface, row[2]).address(row[0], "addresses")
            uses.append(Use(prefix: IPPrefix(address), host: row[1]))
        }
    }

    /// Whether an interface of another host has, or may use, one of a pair's addresses.
    func isShared(_ prefix: IPPrefix, beyond host: String) -> Bool {
        uses.contains { $0.host != host && $0.prefix.overlaps(prefix) }
    }
}
