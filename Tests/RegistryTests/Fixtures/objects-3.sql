-- What version 3 kept of a trail: a network made, a rule added to a group that an interface carries, a refused login.
INSERT INTO grdb_migrations (identifier) VALUES ('1'), ('2'), ('3');
INSERT INTO revision (number, madeAt, actor, requestID, action) VALUES (1, 100, 'ada', 'req-1', 'network.create');
INSERT INTO vpc VALUES ('11111111-1111-4111-8111-111111111111', 'p', 'old', '', 1, 0, 0, 1500, 1, 100, 100, 0, NULL, NULL);
INSERT INTO history VALUES ('vpc', '11111111-1111-4111-8111-111111111111', 1, '{"createdAt":100,"description":"","id":"11111111-1111-4111-8111-111111111111","isAdminUp":true,"isExternal":false,"isPortSecurityEnabled":true,"isShared":false,"mtu":1500,"name":"old","projectID":"p","revisionNumber":0,"updatedAt":100}');
INSERT INTO audit VALUES (1, 100, 'req-1', 'u1', 'ada', 'p', '192.0.2.7', 'network.create', 'success', '', 'vpc', '11111111-1111-4111-8111-111111111111', 'old', NULL, '{"name":"old"}', 1, x'0a69fa545b938256cd81bfef222b6517591aef541fd8aa06699b189e8337f297');
INSERT INTO audit VALUES (2, 200, 'req-2', 'u1', 'ada', 'p', '192.0.2.7', 'security_group.rule.add', 'success', '', 'security_group', '33333333-3333-4333-8333-333333333333', 'g', NULL, '{"portMin":22}', 2, x'dafe739fe4c8603d248be8942eb272f9560c15eb995b552c8017c2dfcdad0a8e');
INSERT INTO audit VALUES (3, 200, 'req-2', 'u1', 'ada', 'p', '192.0.2.7', 'security_group.rule.add', 'success', '', 'interface', '55555555-5555-4555-8555-555555555555', 'nic', NULL, '{"portMin":22}', 2, x'0564be1ab929d603503503d4c63ad2053f2455d72a1cd5bf0dcdaba9901703f0');
INSERT INTO audit VALUES (4, 300, 'req-3', '', 'eve', '', '192.0.2.9', 'login', 'failure', 'the credentials are not right', '', '', '', NULL, NULL, NULL, x'1102c44f7a140088e716c9b0f4195959585ee33d5e554a635617677b32f0b8d3');
