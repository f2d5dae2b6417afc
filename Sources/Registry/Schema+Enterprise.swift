import GRDB

extension Schema {
    /// Version 11: enterprise policies, the lists of addresses that their rules name, what VPCs have collected, and cloud keys.
    static func addEnterprise(_ database: Database) throws {
        let standard = "createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL"
        try database.execute(
            sql: """
                CREATE TABLE enterprise_rule (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, number INTEGER NOT NULL UNIQUE, place INTEGER NOT NULL,
                  source TEXT NOT NULL, target TEXT NOT NULL, action TEXT NOT NULL, transport TEXT NOT NULL,
                  ports TEXT NOT NULL, description TEXT NOT NULL, isEnabled INTEGER NOT NULL, edition INTEGER, \(standard)
                ) STRICT;
                CREATE INDEX enterprise_rule_by_place ON enterprise_rule (projectID, place);
                CREATE TABLE enterprise_rule_number (number INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;
                CREATE TABLE address_template (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, templateID TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
                  description TEXT NOT NULL, entries TEXT NOT NULL, \(standard)
                ) STRICT;
                CREATE INDEX address_template_by_project ON address_template (projectID, name);
                CREATE TABLE cloud_key (
                  secretID TEXT PRIMARY KEY, userID TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
                  projectID TEXT NOT NULL REFERENCES project ON DELETE CASCADE, sealed BLOB NOT NULL,
                  createdAt INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                ALTER TABLE vpc ADD COLUMN collected TEXT;
                """)
    }
}
