import GRDB

extension Schema {
    /// The newest manifest that was signed for each interface of a host.
    static func addManifestHeads(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE manifest_head (
                  host TEXT NOT NULL, interface TEXT NOT NULL, chain INTEGER NOT NULL, number INTEGER NOT NULL,
                  digest TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (host, interface)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
