import GRDB

extension Schema {
    /// Version 10: what interfaces may use besides their addresses. Null is nothing, so that states that were written before can
    /// still be read.
    static func addPairs(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE interface ADD COLUMN pairs TEXT;
                CREATE INDEX interface_with_pairs ON interface (vpcID, host) WHERE pairs IS NOT NULL;
                """)
    }
}
