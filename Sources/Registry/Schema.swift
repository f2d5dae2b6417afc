import GRDB

/// The database's tables, one migration a released version; a migration is never edited after its release.
///
/// Columns bear the names of the properties that they hold. `history` holds each state of each object as JSON, so that the
/// state at any revision can be rebuilt; the other tables hold the present.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1", migrate: makeFirstVersion)
        migrator.registerMigration("2", migrate: addVPCObjects)
        migrator.registerMigration("3", migrate: addFormats)
        migrator.registerMigration("4", migrate: shareActs)
        migrator.registerMigration("5", migrate: addStatelessGroups)
        migrator.registerMigration("6", migrate: addUnjudgedInterfaces)
        migrator.registerMigration("7", migrate: addClaims)
        migrator.registerMigration("8", migrate: addTokenChains)
        migrator.registerMigration("9", migrate: addManifestHeads)
        migrator.registerMigration("10", migrate: addPairs)
        migrator.registerMigration("11", migrate: addEnterprise)
        return migrator
    }

    private static func makeFirstVersion(_ database: Database) throws {
        try makeIdentity(database)
        try makeObjects(database)
        try makeTrail(database)
        try makeHosts(database)
    }

    private static func makeIdentity(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE project (
                  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, isEnabled INTEGER NOT NULL
                ) STRICT;
                CREATE TABLE user (
                  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, isEnabled INTEGER NOT NULL,
                  passwordHash TEXT, defaultProjectID TEXT REFERENCES project ON DELETE SET NULL
                ) STRICT;
                CREATE TABLE role_assignment (
                  userID TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
                  projectID TEXT NOT NULL REFERENCES project ON DELETE CASCADE,
                  role TEXT NOT NULL, PRIMARY KEY (userID, projectID, role)
                ) STRICT;
                CREATE TABLE token (
                  hash BLOB PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
                  userID TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
                  projectID TEXT REFERENCES project ON DELETE CASCADE,
                  methods TEXT NOT NULL, auditID TEXT NOT NULL, issuedAt INTEGER NOT NULL, expiresAt INTEGER
                ) STRICT;
                CREATE INDEX token_by_user ON token (userID);
                CREATE INDEX token_by_expiry ON token (expiresAt);
                CREATE TABLE application_credential (
                  id TEXT PRIMARY KEY, name TEXT NOT NULL, userID TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
                  projectID TEXT NOT NULL REFERENCES project ON DELETE CASCADE, description TEXT NOT NULL,
                  secretHash TEXT NOT NULL, roles TEXT NOT NULL, expiresAt INTEGER, UNIQUE (userID, name)
                ) STRICT;
                """)
    }

    private static func makeObjects(_ database: Database) throws {
        let standard = "createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL"
        try database.execute(
            sql: """
                CREATE TABLE vpc (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
                  isAdminUp INTEGER NOT NULL, isShared INTEGER NOT NULL, isExternal INTEGER NOT NULL, mtu INTEGER NOT NULL,
                  isPortSecurityEnabled INTEGER NOT NULL, \(standard)
                ) STRICT;
                CREATE INDEX vpc_by_project ON vpc (projectID, name);
                CREATE TABLE subnet (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
                  description TEXT NOT NULL, cidr TEXT NOT NULL, gateway TEXT, isDHCPEnabled INTEGER NOT NULL,
                  pools TEXT NOT NULL, nameServers TEXT NOT NULL, hostRoutes TEXT NOT NULL, \(standard)
                ) STRICT;
                CREATE INDEX subnet_by_vpc ON subnet (vpcID);
                CREATE INDEX subnet_by_project ON subnet (projectID, name);
                CREATE TABLE security_group (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
                  isDefault INTEGER NOT NULL, \(standard)
                ) STRICT;
                CREATE INDEX group_by_project ON security_group (projectID, name);
                CREATE UNIQUE INDEX one_default_group ON security_group (projectID) WHERE isDefault;
                CREATE TABLE security_group_rule (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, groupID TEXT NOT NULL REFERENCES security_group,
                  direction TEXT NOT NULL, etherType TEXT NOT NULL, protocolText TEXT, portMin INTEGER, portMax INTEGER,
                  remotePrefix TEXT, remoteGroupID TEXT REFERENCES security_group, description TEXT NOT NULL,
                  identity TEXT NOT NULL, \(standard), UNIQUE (groupID, identity)
                ) STRICT;
                CREATE INDEX rule_by_project ON security_group_rule (projectID);
                CREATE INDEX rule_by_remote ON security_group_rule (remoteGroupID) WHERE remoteGroupID IS NOT NULL;
                CREATE TABLE interface (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
                  description TEXT NOT NULL, mac TEXT NOT NULL, isAdminUp INTEGER NOT NULL, deviceID TEXT NOT NULL,
                  deviceOwner TEXT NOT NULL, host TEXT NOT NULL, device TEXT NOT NULL, vnicType TEXT NOT NULL,
                  profile TEXT NOT NULL, isPortSecurityEnabled INTEGER NOT NULL, addresses TEXT NOT NULL,
                  groups TEXT NOT NULL, \(standard)
                ) STRICT;
                CREATE UNIQUE INDEX one_mac ON interface (vpcID, mac) WHERE mac <> '';
                CREATE INDEX interface_by_project ON interface (projectID, name);
                CREATE INDEX interface_by_host ON interface (host);
                CREATE INDEX interface_by_device ON interface (deviceID);
                CREATE TABLE interface_address (
                  interfaceID TEXT NOT NULL REFERENCES interface ON DELETE CASCADE,
                  subnetID TEXT NOT NULL REFERENCES subnet, vpcID TEXT NOT NULL, address TEXT NOT NULL,
                  PRIMARY KEY (vpcID, address)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX address_by_interface ON interface_address (interfaceID);
                CREATE INDEX address_by_subnet ON interface_address (subnetID);
                CREATE TABLE interface_group (
                  interfaceID TEXT NOT NULL REFERENCES interface ON DELETE CASCADE,
                  groupID TEXT NOT NULL REFERENCES security_group, PRIMARY KEY (groupID, interfaceID)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX group_by_interface ON interface_group (interfaceID);
                CREATE TABLE log (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
                  isEnabled INTEGER NOT NULL, event TEXT NOT NULL, groupID TEXT REFERENCES security_group,
                  interfaceID TEXT REFERENCES interface, \(standard)
                ) STRICT;
                CREATE INDEX log_by_project ON log (projectID, name);
                CREATE TABLE tag (
                  kind TEXT NOT NULL, objectID TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (kind, objectID, tag)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE quota (
                  projectID TEXT NOT NULL, resource TEXT NOT NULL, ceiling INTEGER NOT NULL,
                  PRIMARY KEY (projectID, resource)
                ) STRICT, WITHOUT ROWID;
                """)
    }

    private static func makeTrail(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE revision (
                  number INTEGER PRIMARY KEY AUTOINCREMENT, madeAt INTEGER NOT NULL, actor TEXT NOT NULL,
                  requestID TEXT NOT NULL, action TEXT NOT NULL
                ) STRICT;
                CREATE INDEX revision_by_time ON revision (madeAt);
                CREATE INDEX revision_by_request ON revision (requestID);
                CREATE TABLE history (
                  kind TEXT NOT NULL, objectID TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT,
                  PRIMARY KEY (kind, objectID, revision)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX history_by_revision ON history (revision);
                CREATE TABLE audit (
                  sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, requestID TEXT NOT NULL,
                  actorID TEXT NOT NULL, actorName TEXT NOT NULL, projectID TEXT NOT NULL, source TEXT NOT NULL,
                  action TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL,
                  targetKind TEXT NOT NULL, targetID TEXT NOT NULL, targetName TEXT NOT NULL,
                  before TEXT, after TEXT, revision INTEGER, hash BLOB NOT NULL
                ) STRICT;
                CREATE INDEX audit_by_target ON audit (targetID);
                CREATE INDEX audit_by_request ON audit (requestID);
                CREATE INDEX audit_by_time ON audit (at);
                CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit
                  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
                CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
                  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
                """)
    }

    private static func makeHosts(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE host (
                  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, enrolledAt INTEGER NOT NULL, isRevoked INTEGER NOT NULL,
                  lastSeenAt INTEGER, wantedRevision INTEGER NOT NULL DEFAULT 0, appliedRevision INTEGER NOT NULL DEFAULT 0,
                  failure TEXT, clockOffset INTEGER, status TEXT, certificateSerial TEXT NOT NULL
                ) STRICT;
                CREATE TABLE enrolment (
                  hash BLOB PRIMARY KEY, host TEXT NOT NULL, expiresAt INTEGER NOT NULL, usedAt INTEGER
                ) STRICT;
                CREATE TABLE receipt (
                  host TEXT NOT NULL, revision INTEGER NOT NULL, appliedAt INTEGER, method TEXT NOT NULL,
                  microseconds INTEGER NOT NULL, cutSessions INTEGER NOT NULL, digest TEXT NOT NULL, failure TEXT,
                  PRIMARY KEY (revision, host)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE shipment (
                  host TEXT NOT NULL, stream TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (host, stream)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
