import GRDB

extension Schema {
    /// Version 4: of what was done in one act to many objects, the common part is stored once, and objects have small numbers in
    /// the trail. The view `audit` shows the entries as they were stored before; their hashes are the same.
    static func shareActs(_ database: Database) throws {
        let act =
            "at, requestID, actorID, actorName, projectID, source, action, outcome, reason, before, after, revision"
        try database.execute(
            sql: """
                CREATE TABLE audit_act (
                  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, requestID TEXT NOT NULL, actorID TEXT NOT NULL,
                  actorName TEXT NOT NULL, projectID TEXT NOT NULL, source TEXT NOT NULL, action TEXT NOT NULL,
                  outcome TEXT NOT NULL, reason TEXT NOT NULL, before TEXT, after TEXT, revision INTEGER
                ) STRICT;
                CREATE TABLE audit_target (
                  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (id, kind)
                ) STRICT;
                CREATE TABLE audit_entry (
                  sequence INTEGER PRIMARY KEY AUTOINCREMENT, act INTEGER NOT NULL REFERENCES audit_act,
                  target INTEGER NOT NULL REFERENCES audit_target, targetName TEXT NOT NULL, hash BLOB NOT NULL
                ) STRICT;
                INSERT INTO audit_target (kind, id)
                  SELECT targetKind, targetID FROM audit GROUP BY targetKind, targetID ORDER BY min(sequence);
                CREATE TEMPORARY TABLE former AS
                  SELECT sequence, min(sequence) OVER (PARTITION BY \(act)) AS act FROM audit;
                INSERT INTO audit_act (number, \(act))
                  SELECT sequence, \(act) FROM audit WHERE sequence IN (SELECT act FROM former);
                INSERT INTO audit_entry (sequence, act, target, targetName, hash)
                  SELECT audit.sequence, former.act, audit_target.number, targetName, hash
                  FROM audit JOIN former ON former.sequence = audit.sequence
                  JOIN audit_target ON audit_target.id = targetID AND audit_target.kind = targetKind
                  ORDER BY audit.sequence;
                UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'audit')
                  WHERE name = 'audit_entry';
                DROP TABLE former;
                DROP TABLE audit;
                CREATE INDEX audit_act_by_request ON audit_act (requestID);
                CREATE INDEX audit_entry_by_act ON audit_entry (act);
                CREATE INDEX audit_entry_by_target ON audit_entry (target);
                CREATE VIEW audit AS
                  SELECT sequence, at, requestID, actorID, actorName, projectID, source, action, outcome, reason,
                    kind AS targetKind, id AS targetID, targetName, before, after, revision, hash
                  FROM audit_entry JOIN audit_act ON audit_act.number = act JOIN audit_target ON audit_target.number = target;
                """)
        for table in ["audit_act", "audit_target", "audit_entry"] {
            try database.execute(
                sql: """
                    CREATE TRIGGER \(table)_is_not_edited BEFORE UPDATE ON \(table)
                      BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
                    CREATE TRIGGER \(table)_is_not_deleted BEFORE DELETE ON \(table)
                      BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
                    """)
        }
    }
}
