import GRDB

extension Schema {
    /// Version 3: collectors have a format and an interval; a bucket may be opened to other projects and have credentials, which
    /// are kept sealed in a table without history. What was delivered with all protocols is now `ibm+`.
    static func addFormats(_ database: Database) throws {
        let standard = "createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL"
        try database.execute(
            sql: """
                CREATE TABLE new_flow_log_collector (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
                  targetKind TEXT NOT NULL, targetID TEXT NOT NULL UNIQUE, bucketID TEXT NOT NULL REFERENCES bucket,
                  isActive INTEGER NOT NULL, format TEXT NOT NULL, formatColumns TEXT NOT NULL, interval INTEGER NOT NULL,
                  \(standard)
                ) STRICT;
                INSERT INTO new_flow_log_collector
                  SELECT id, projectID, vpcID, name, targetKind, targetID, bucketID, isActive,
                    CASE includesAllProtocols WHEN 1 THEN 'ibm+' ELSE 'ibm' END, '[]', 300, createdAt, updatedAt,
                    revisionNumber
                  FROM flow_log_collector;
                DROP TABLE flow_log_collector;
                ALTER TABLE new_flow_log_collector RENAME TO flow_log_collector;
                CREATE INDEX collector_by_vpc ON flow_log_collector (vpcID);
                CREATE INDEX collector_by_bucket ON flow_log_collector (bucketID);
                ALTER TABLE bucket ADD COLUMN projects TEXT NOT NULL DEFAULT '[]';
                ALTER TABLE bucket ADD COLUMN credentialsEdition INTEGER;
                CREATE TABLE bucket_secret (
                  bucketID TEXT PRIMARY KEY REFERENCES bucket ON DELETE CASCADE, sealed BLOB NOT NULL
                ) STRICT;
                """)
    }
}
