import GRDB

extension Schema {
    /// Version 7: what each interface has of its host for itself alone: its device, and its addresses there.
    ///
    /// Rows that claim the same from before this was asked keep their claims, the oldest interface's first (`rank` 0): whoever
    /// runs the hosts says which of them is right.
    static func addClaims(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE host_claim (
                  host TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, rank INTEGER NOT NULL DEFAULT 0,
                  interfaceID TEXT NOT NULL REFERENCES interface ON DELETE CASCADE, PRIMARY KEY (host, kind, value, rank)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX host_claim_by_interface ON host_claim (interfaceID);
                INSERT INTO host_claim (host, kind, value, rank, interfaceID)
                  SELECT host, 'device', device, row_number() OVER (PARTITION BY host, device ORDER BY createdAt, id) - 1, id
                  FROM interface WHERE host <> '';
                INSERT INTO host_claim (host, kind, value, rank, interfaceID)
                  SELECT host, 'address', address,
                    row_number() OVER (PARTITION BY host, address ORDER BY createdAt, id) - 1, id
                  FROM interface JOIN interface_address ON interfaceID = id WHERE host <> '' AND isPortSecurityEnabled;
                """)
    }
}
