-- What version 4 kept of a group that is as stateful as every group was, and is carried by nothing.
INSERT INTO grdb_migrations (identifier) VALUES ('1'), ('2'), ('3'), ('4');
INSERT INTO revision (number, madeAt, actor, requestID, action) VALUES (1, 100, 'ada', 'req-1', 'security_group.create');
INSERT INTO security_group VALUES ('33333333-3333-4333-8333-333333333333', 'p', 'g', '', 0, 100, 100, 0, NULL);
INSERT INTO history VALUES ('security_group', '33333333-3333-4333-8333-333333333333', 1, '{"createdAt":100,"description":"","id":"33333333-3333-4333-8333-333333333333","isDefault":false,"name":"g","projectID":"p","revisionNumber":0,"updatedAt":100}');
