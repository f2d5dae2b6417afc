import GRDB

extension Schema {
    /// Version 6: interfaces that their host does not judge, as its agent said last. One that is not here is judged.
    static func addUnjudgedInterfaces(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE unjudged_interface (
                  interface TEXT NOT NULL, host TEXT NOT NULL, reason TEXT, PRIMARY KEY (interface, host)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX unjudged_interface_host ON unjudged_interface (host);
                """)
    }
}
