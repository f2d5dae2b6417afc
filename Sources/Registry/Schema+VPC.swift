import GRDB

extension Schema {
    /// Version 2: what the VPC API has beyond Neutron's. Columns that Neutron's objects leave empty may be null, so that states
    /// that were written before can still be read.
    static func addVPCObjects(_ database: Database) throws {
        let standard = "createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL"
        try database.execute(
            sql: """
                CREATE TABLE network_acl (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
                  rules TEXT NOT NULL, \(standard)
                ) STRICT;
                CREATE INDEX acl_by_vpc ON network_acl (vpcID);
                CREATE TABLE network_acl_rule (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, aclID TEXT NOT NULL REFERENCES network_acl,
                  name TEXT NOT NULL, action TEXT NOT NULL, direction TEXT NOT NULL, etherType TEXT, protocolText TEXT,
                  portMin INTEGER, portMax INTEGER, sourcePortMin INTEGER, sourcePortMax INTEGER,
                  source TEXT, destination TEXT, edition INTEGER, \(standard)
                ) STRICT;
                CREATE INDEX acl_rule_by_acl ON network_acl_rule (aclID);
                CREATE TABLE instance (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
                  zone TEXT NOT NULL, deviceID TEXT NOT NULL, primaryID TEXT, profile TEXT NOT NULL, \(standard),
                  UNIQUE (vpcID, projectID, deviceID)
                ) STRICT;
                CREATE INDEX instance_by_project ON instance (projectID, name);
                CREATE TABLE bucket (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL, \(standard),
                  UNIQUE (projectID, name)
                ) STRICT;
                CREATE TABLE flow_log_collector (
                  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
                  targetKind TEXT NOT NULL, targetID TEXT NOT NULL UNIQUE, bucketID TEXT NOT NULL REFERENCES bucket,
                  isActive INTEGER NOT NULL, includesAllProtocols INTEGER NOT NULL, \(standard)
                ) STRICT;
                CREATE INDEX collector_by_vpc ON flow_log_collector (vpcID);
                CREATE INDEX collector_by_bucket ON flow_log_collector (bucketID);
                ALTER TABLE vpc ADD COLUMN defaultGroupID TEXT;
                ALTER TABLE vpc ADD COLUMN defaultACLID TEXT;
                ALTER TABLE security_group ADD COLUMN vpcID TEXT REFERENCES vpc;
                CREATE INDEX group_by_vpc ON security_group (vpcID) WHERE vpcID IS NOT NULL;
                ALTER TABLE security_group_rule ADD COLUMN label TEXT;
                ALTER TABLE security_group_rule ADD COLUMN localPrefix TEXT;
                ALTER TABLE security_group_rule ADD COLUMN edition INTEGER;
                ALTER TABLE subnet ADD COLUMN aclID TEXT REFERENCES network_acl;
                CREATE INDEX subnet_by_acl ON subnet (aclID) WHERE aclID IS NOT NULL;
                ALTER TABLE subnet ADD COLUMN zone TEXT;
                ALTER TABLE interface ADD COLUMN virtual TEXT;
                """)
    }
}
