CREATE INDEX acl_by_vpc ON network_acl (vpcID);
CREATE INDEX acl_rule_by_acl ON network_acl_rule (aclID);
CREATE INDEX address_by_interface ON interface_address (interfaceID);
CREATE INDEX address_by_subnet ON interface_address (subnetID);
CREATE TABLE address_template (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, templateID TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  description TEXT NOT NULL, entries TEXT NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
) STRICT;
CREATE INDEX address_template_by_project ON address_template (projectID, name);
CREATE TRIGGER another_password_ends_tokens AFTER UPDATE OF passwordHash ON user
  WHEN OLD.passwordHash IS NOT NEW.passwordHash
  BEGIN DELETE FROM token WHERE userID = NEW.id AND kind = 'session'; END;
CREATE TABLE application_credential (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, userID TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
  projectID TEXT NOT NULL REFERENCES project ON DELETE CASCADE, description TEXT NOT NULL,
  secretHash TEXT NOT NULL, roles TEXT NOT NULL, expiresAt INTEGER, isUnrestricted INTEGER NOT NULL DEFAULT 0, UNIQUE (userID, name)
) STRICT;
CREATE VIEW audit AS
  SELECT sequence, at, requestID, actorID, actorName, projectID, source, action, outcome, reason,
    kind AS targetKind, id AS targetID, targetName, before, after, revision, hash
  FROM audit_entry JOIN audit_act ON audit_act.number = act JOIN audit_target ON audit_target.number = target;
CREATE TABLE audit_act (
  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, requestID TEXT NOT NULL, actorID TEXT NOT NULL,
  actorName TEXT NOT NULL, projectID TEXT NOT NULL, source TEXT NOT NULL, action TEXT NOT NULL,
  outcome TEXT NOT NULL, reason TEXT NOT NULL, before TEXT, after TEXT, revision INTEGER
) STRICT;
CREATE INDEX audit_act_by_request ON audit_act (requestID);
CREATE TRIGGER audit_act_is_not_deleted BEFORE DELETE ON audit_act
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_act_is_not_edited BEFORE UPDATE ON audit_act
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TABLE audit_entry (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, act INTEGER NOT NULL REFERENCES audit_act,
  target INTEGER NOT NULL REFERENCES audit_target, targetName TEXT NOT NULL, hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_entry_by_act ON audit_entry (act);
CREATE INDEX audit_entry_by_target ON audit_entry (target);
CREATE TRIGGER audit_entry_is_not_deleted BEFORE DELETE ON audit_entry
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_entry_is_not_edited BEFORE UPDATE ON audit_entry
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TABLE audit_target (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (id, kind)
) STRICT;
CREATE TRIGGER audit_target_is_not_deleted BEFORE DELETE ON audit_target
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_target_is_not_edited BEFORE UPDATE ON audit_target
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TABLE bucket (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL, projects TEXT NOT NULL DEFAULT '[]', credentialsEdition INTEGER,
  UNIQUE (projectID, name)
) STRICT;
CREATE TABLE bucket_secret (
  bucketID TEXT PRIMARY KEY REFERENCES bucket ON DELETE CASCADE, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE cloud_key (
  secretID TEXT PRIMARY KEY, userID TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
  projectID TEXT NOT NULL REFERENCES project ON DELETE CASCADE, sealed BLOB NOT NULL,
  createdAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX collector_by_bucket ON flow_log_collector (bucketID);
CREATE INDEX collector_by_vpc ON flow_log_collector (vpcID);
CREATE TRIGGER disabled_project_ends_tokens AFTER UPDATE OF isEnabled ON project WHEN NOT NEW.isEnabled
  BEGIN DELETE FROM token WHERE projectID = NEW.id AND kind = 'session'; END;
CREATE TRIGGER disabled_user_ends_tokens AFTER UPDATE OF isEnabled ON user WHEN NOT NEW.isEnabled
  BEGIN DELETE FROM token WHERE userID = NEW.id AND kind = 'session'; END;
CREATE TABLE enrolment (
  hash BLOB PRIMARY KEY, host TEXT NOT NULL, expiresAt INTEGER NOT NULL, usedAt INTEGER
) STRICT;
CREATE TABLE enterprise_rule (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, number INTEGER NOT NULL UNIQUE, place INTEGER NOT NULL,
  source TEXT NOT NULL, target TEXT NOT NULL, action TEXT NOT NULL, transport TEXT NOT NULL,
  ports TEXT NOT NULL, description TEXT NOT NULL, isEnabled INTEGER NOT NULL, edition INTEGER, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
) STRICT;
CREATE INDEX enterprise_rule_by_place ON enterprise_rule (projectID, place);
CREATE TABLE enterprise_rule_number (number INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;
CREATE TABLE "flow_log_collector" (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
  targetKind TEXT NOT NULL, targetID TEXT NOT NULL UNIQUE, bucketID TEXT NOT NULL REFERENCES bucket,
  isActive INTEGER NOT NULL, format TEXT NOT NULL, formatColumns TEXT NOT NULL, interval INTEGER NOT NULL,
  createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
) STRICT;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
CREATE INDEX group_by_interface ON interface_group (interfaceID);
CREATE INDEX group_by_project ON security_group (projectID, name);
CREATE INDEX group_by_vpc ON security_group (vpcID) WHERE vpcID IS NOT NULL;
CREATE TABLE history (
  kind TEXT NOT NULL, objectID TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT,
  PRIMARY KEY (kind, objectID, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX history_by_revision ON history (revision);
CREATE TABLE host (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, enrolledAt INTEGER NOT NULL, isRevoked INTEGER NOT NULL,
  lastSeenAt INTEGER, wantedRevision INTEGER NOT NULL DEFAULT 0, appliedRevision INTEGER NOT NULL DEFAULT 0,
  failure TEXT, clockOffset INTEGER, status TEXT, certificateSerial TEXT NOT NULL
) STRICT;
CREATE TABLE host_claim (
  host TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, rank INTEGER NOT NULL DEFAULT 0,
  interfaceID TEXT NOT NULL REFERENCES interface ON DELETE CASCADE, PRIMARY KEY (host, kind, value, rank)
) STRICT, WITHOUT ROWID;
CREATE INDEX host_claim_by_interface ON host_claim (interfaceID);
CREATE TABLE instance (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
  zone TEXT NOT NULL, deviceID TEXT NOT NULL, primaryID TEXT, profile TEXT NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL,
  UNIQUE (vpcID, projectID, deviceID)
) STRICT;
CREATE INDEX instance_by_project ON instance (projectID, name);
CREATE TABLE interface (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
  description TEXT NOT NULL, mac TEXT NOT NULL, isAdminUp INTEGER NOT NULL, deviceID TEXT NOT NULL,
  deviceOwner TEXT NOT NULL, host TEXT NOT NULL, device TEXT NOT NULL, vnicType TEXT NOT NULL,
  profile TEXT NOT NULL, isPortSecurityEnabled INTEGER NOT NULL, addresses TEXT NOT NULL,
  groups TEXT NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
, virtual TEXT, pairs TEXT) STRICT;
CREATE TABLE interface_address (
  interfaceID TEXT NOT NULL REFERENCES interface ON DELETE CASCADE,
  subnetID TEXT NOT NULL REFERENCES subnet, vpcID TEXT NOT NULL, address TEXT NOT NULL,
  PRIMARY KEY (vpcID, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX interface_by_device ON interface (deviceID);
CREATE INDEX interface_by_host ON interface (host);
CREATE INDEX interface_by_project ON interface (projectID, name);
CREATE TABLE interface_group (
  interfaceID TEXT NOT NULL REFERENCES interface ON DELETE CASCADE,
  groupID TEXT NOT NULL REFERENCES security_group, PRIMARY KEY (groupID, interfaceID)
) STRICT, WITHOUT ROWID;
CREATE INDEX interface_with_pairs ON interface (vpcID, host) WHERE pairs IS NOT NULL;
CREATE TABLE log (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
  isEnabled INTEGER NOT NULL, event TEXT NOT NULL, groupID TEXT REFERENCES security_group,
  interfaceID TEXT REFERENCES interface, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
) STRICT;
CREATE INDEX log_by_project ON log (projectID, name);
CREATE TABLE manifest_head (
  host TEXT NOT NULL, interface TEXT NOT NULL, chain INTEGER NOT NULL, number INTEGER NOT NULL,
  digest TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (host, interface)
) STRICT, WITHOUT ROWID;
CREATE TABLE network_acl (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
  rules TEXT NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
) STRICT;
CREATE TABLE network_acl_rule (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, aclID TEXT NOT NULL REFERENCES network_acl,
  name TEXT NOT NULL, action TEXT NOT NULL, direction TEXT NOT NULL, etherType TEXT, protocolText TEXT,
  portMin INTEGER, portMax INTEGER, sourcePortMin INTEGER, sourcePortMax INTEGER,
  source TEXT, destination TEXT, edition INTEGER, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_default_group ON security_group (projectID) WHERE isDefault;
CREATE UNIQUE INDEX one_mac ON interface (vpcID, mac) WHERE mac <> '';
CREATE TABLE project (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, isEnabled INTEGER NOT NULL
) STRICT;
CREATE TABLE quota (
  projectID TEXT NOT NULL, resource TEXT NOT NULL, ceiling INTEGER NOT NULL,
  PRIMARY KEY (projectID, resource)
) STRICT, WITHOUT ROWID;
CREATE TABLE receipt (
  host TEXT NOT NULL, revision INTEGER NOT NULL, appliedAt INTEGER, method TEXT NOT NULL,
  microseconds INTEGER NOT NULL, cutSessions INTEGER NOT NULL, digest TEXT NOT NULL, failure TEXT,
  PRIMARY KEY (revision, host)
) STRICT, WITHOUT ROWID;
CREATE TABLE revision (
  number INTEGER PRIMARY KEY AUTOINCREMENT, madeAt INTEGER NOT NULL, actor TEXT NOT NULL,
  requestID TEXT NOT NULL, action TEXT NOT NULL
) STRICT;
CREATE INDEX revision_by_request ON revision (requestID);
CREATE INDEX revision_by_time ON revision (madeAt);
CREATE TABLE role_assignment (
  userID TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
  projectID TEXT NOT NULL REFERENCES project ON DELETE CASCADE,
  role TEXT NOT NULL, PRIMARY KEY (userID, projectID, role)
) STRICT;
CREATE INDEX rule_by_project ON security_group_rule (projectID);
CREATE INDEX rule_by_remote ON security_group_rule (remoteGroupID) WHERE remoteGroupID IS NOT NULL;
CREATE TABLE security_group (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
  isDefault INTEGER NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
, vpcID TEXT REFERENCES vpc, isStateful INTEGER) STRICT;
CREATE TABLE security_group_rule (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, groupID TEXT NOT NULL REFERENCES security_group,
  direction TEXT NOT NULL, etherType TEXT NOT NULL, protocolText TEXT, portMin INTEGER, portMax INTEGER,
  remotePrefix TEXT, remoteGroupID TEXT REFERENCES security_group, description TEXT NOT NULL,
  identity TEXT NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL, label TEXT, localPrefix TEXT, edition INTEGER, UNIQUE (groupID, identity)
) STRICT;
CREATE TABLE shipment (
  host TEXT NOT NULL, stream TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (host, stream)
) STRICT, WITHOUT ROWID;
CREATE TABLE subnet (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, vpcID TEXT NOT NULL REFERENCES vpc, name TEXT NOT NULL,
  description TEXT NOT NULL, cidr TEXT NOT NULL, gateway TEXT, isDHCPEnabled INTEGER NOT NULL,
  pools TEXT NOT NULL, nameServers TEXT NOT NULL, hostRoutes TEXT NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
, aclID TEXT REFERENCES network_acl, zone TEXT) STRICT;
CREATE INDEX subnet_by_acl ON subnet (aclID) WHERE aclID IS NOT NULL;
CREATE INDEX subnet_by_project ON subnet (projectID, name);
CREATE INDEX subnet_by_vpc ON subnet (vpcID);
CREATE TABLE tag (
  kind TEXT NOT NULL, objectID TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (kind, objectID, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE token (
  hash BLOB PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
  userID TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
  projectID TEXT REFERENCES project ON DELETE CASCADE,
  methods TEXT NOT NULL, auditID TEXT NOT NULL, issuedAt INTEGER NOT NULL, expiresAt INTEGER
, parentHash BLOB REFERENCES token ON DELETE CASCADE, credentialID TEXT REFERENCES application_credential ON DELETE CASCADE) STRICT;
CREATE INDEX token_by_credential ON token (credentialID) WHERE credentialID IS NOT NULL;
CREATE INDEX token_by_expiry ON token (expiresAt);
CREATE INDEX token_by_parent ON token (parentHash) WHERE parentHash IS NOT NULL;
CREATE INDEX token_by_user ON token (userID);
CREATE TABLE unjudged_interface (
  interface TEXT NOT NULL, host TEXT NOT NULL, reason TEXT, PRIMARY KEY (interface, host)
) STRICT, WITHOUT ROWID;
CREATE INDEX unjudged_interface_host ON unjudged_interface (host);
CREATE TABLE user (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, isEnabled INTEGER NOT NULL,
  passwordHash TEXT, defaultProjectID TEXT REFERENCES project ON DELETE SET NULL
) STRICT;
CREATE TABLE vpc (
  id TEXT PRIMARY KEY, projectID TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
  isAdminUp INTEGER NOT NULL, isShared INTEGER NOT NULL, isExternal INTEGER NOT NULL, mtu INTEGER NOT NULL,
  isPortSecurityEnabled INTEGER NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, revisionNumber INTEGER NOT NULL
, defaultGroupID TEXT, defaultACLID TEXT, collected TEXT) STRICT;
CREATE INDEX vpc_by_project ON vpc (projectID, name);
